"""The list of families of devices that there are tools for."""

from dataclasses import replace

from boards.board import Board
from hw.emit.ecp5 import ECP5
from hw.emit.family import Family
from hw.emit.ice40 import ICE40

FAMILIES = {each.name: each for each in (ECP5, ICE40)}


def family(board: Board) -> Family:
    """The family of a board's devices."""
    found = FAMILIES[board.family.name]
    if board.family.multiplier or not found.without_multipliers:
        return found
    return replace(found, synthesis=found.without_multipliers)
