"""The tools of every family of devices, found by the family's name."""

from boards.board import Board
from hw.emit import known
from hw.emit.family import Family
from model.rooms import kinds

FAMILIES = {each.name: each for each in kinds(known, "FAMILY").values()}


def family(board: Board) -> Family:
    """The family of a board's devices."""
    return FAMILIES[board.family.name]
