"""The clock that a board's PLL makes, and those that a placed design of it can be given."""

import math
from collections.abc import Callable, Mapping

from boards.board import Board
from hw.cores.link.uart import divisor
from hw.design import pll
from hw.design.adjustable import Adjustable, Settings
from hw.design.pll.limits import Dividers
from model.refusal import Refusal
from model.rooms import kinds

_DIVIDERS: Mapping[str, Callable[[float, float], Dividers]] = kinds(pll, "dividers")
"""Functions that find dividers, for an oscillator and a clock in Hz, by the family's name."""


def dividers(board: Board, clock: float) -> Dividers:
    """Dividers of a board's PLL where ``clock`` is asked, in Hz.

    Raises
    ------
    Refusal
        It cannot make such a clock.
    """
    return _DIVIDERS[board.family.name](board.oscillator, clock)


def achieved(board: Board, clock: float) -> float:
    """The clock in Hz that a board makes where ``clock`` is asked, never a faster one.

    Raises
    ------
    Refusal
        It cannot make such a clock.
    """
    return float(dividers(board, clock).achieved)


def settings(adjustable: Adjustable, clock: float) -> Settings:
    """Parameters of the cells that hang on the clock in an adjustable top, for ``clock`` in Hz."""
    return adjustable.settings(dividers(adjustable.board, clock))


def highest(adjustable: Adjustable, reached: float) -> float | None:
    """The highest clock in Hz that a board makes, with its serial line, of those not above
    ``reached``; None where that is below the lowest that the design can be given."""
    board, asked = adjustable.board, min(reached, adjustable.highest)
    while asked >= adjustable.lowest:
        try:
            made = achieved(board, asked)
        except Refusal:
            return None
        if made < adjustable.lowest:
            return None
        try:
            divisor(made, board.baud)
        except ValueError:
            # A PLL may be faster than asked by one float.
            asked = math.nextafter(math.nextafter(made, 0), 0)
        else:
            return made
    return None
