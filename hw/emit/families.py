"""The tools of every family of devices, found by the family's name."""

from dataclasses import replace

from boards.board import Board
from hw.emit import known
from hw.emit.family import Family
from model.rooms import kinds

FAMILIES = {each.name: each for each in kinds(known, "FAMILY").values()}


def family(board: Board) -> Family:
    """The family of a board's devices."""
    found = FAMILIES[board.family.name]
    if board.family.multiplier or not found.without_multipliers:
        return found
    return replace(found, synthesis=found.without_multipliers)
