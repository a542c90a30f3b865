"""The top of every family of devices, and the clock that a board makes."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from boards.board import Board
from hw.cores.link.uart import divisor
from hw.design import known
from hw.design.accelerator import Accelerator
from hw.design.adjustable import Adjustable, Settings
from hw.design.top import Top, describe
from hw.plan.plan import Plan
from model.refusal import Refusal
from model.rooms import kinds

TOPS: Mapping[str, type[Top[Any]]] = MappingProxyType(
    {each.family: each for each in kinds(known, "TOP").values()}
)
"""By the family's name."""


def of(board: Board) -> type[Top[Any]]:
    """The top of a board's family."""
    return TOPS[board.family.name]


def achieved(board: Board, clock: float) -> float:
    """The clock in Hz that a board makes where ``clock`` is asked, never a faster one.

    Raises
    ------
    Refusal
        It cannot make such a clock.
    """
    return float(of(board).divide(board.oscillator, clock).achieved)


def settings(adjustable: Adjustable, clock: float) -> Settings:
    """Parameters of the cells that hang on the clock in an adjustable top, for ``clock`` in Hz."""
    board = adjustable.board
    return adjustable.settings(of(board).divide(board.oscillator, clock))


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


def top(
    plan: Plan, accelerator: Accelerator, adjustable: Adjustable | None = None
) -> Top[Any]:
    """The whole design of the plan's board around its accelerator; with ``adjustable`` another
    clock can be given to it once it is placed.

    Raises
    ------
    Refusal, ValueError
        The board cannot make this clock, or its serial line not with this clock.
    """
    return of(plan.board)(
        accelerator,
        board=plan.board,
        info=describe(plan, accelerator.o.p.shape()),
        clock=plan.clock,
        slots=plan.slots,
        adjustable=adjustable,
    )
