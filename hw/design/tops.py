"""The top of every board, and the clock that its PLL makes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from boards.board import Board
from hw.design.accelerator import Accelerator
from hw.design.clock import Pll, pll
from hw.design.icebreaker import IcebreakerTop
from hw.design.sbpll import SbPll, sb_pll
from hw.design.top import Top, describe
from hw.design.ulx3s import Ulx3sTop
from hw.plan.plan import Plan

TOPS: Mapping[str, type[Top[Any]]] = MappingProxyType(
    {"ulx3s": Ulx3sTop, "icebreaker": IcebreakerTop}
)
"""By the board's name."""

PLLS: Mapping[str, Callable[[float, float], Pll | SbPll]] = MappingProxyType(
    {"ecp5": pll, "ice40": sb_pll}
)
"""By the family's name."""


def settings(board: Board, clock: float) -> Pll | SbPll:
    """Of a board's PLL where ``clock`` in Hz is asked, never for a faster one.

    Raises
    ------
    Refusal
        It cannot make such a clock.
    """
    return PLLS[board.family.name](board.oscillator, clock)


def achieved(board: Board, clock: float) -> float:
    """The clock in Hz that a board makes where ``clock`` is asked; raises as `settings`."""
    return float(settings(board, clock).achieved)


def top(plan: Plan, accelerator: Accelerator) -> Top[Any]:
    """The whole design of the plan's board around its accelerator.

    Raises
    ------
    Refusal, ValueError
        The board cannot make this clock, or its serial line not with this clock.
    """
    board = plan.board
    return TOPS[board.name](
        accelerator,
        info=describe(plan, accelerator.o.p.shape()),
        settings=settings(board, plan.clock),
        baud=board.baud,
        slots=plan.slots,
    )
