"""The top of every board, and the clock that its PLL makes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from boards.board import Board
from hw.design.accelerator import Accelerator
from hw.design.clock import Pll, pll
from hw.design.icebreaker import IcebreakerTop
from hw.design.sbpll import SbPll, sb_pll
from hw.design.top import Ulx3sTop, describe
from hw.plan.plan import Plan

Top = Ulx3sTop | IcebreakerTop

TOPS: Mapping[str, type[Top]] = MappingProxyType(
    {"ulx3s": Ulx3sTop, "icebreaker": IcebreakerTop}
)
"""By the board's name."""

PLLS: Mapping[str, Callable[[float, float], Pll | SbPll]] = MappingProxyType(
    {"ecp5": pll, "ice40": sb_pll}
)
"""By the family's name."""


def achieved(board: Board, clock: float) -> float:
    """The clock in Hz that a board makes where ``clock`` is asked, never a faster one.

    Raises
    ------
    Refusal
        Its PLL cannot make such a clock.
    """
    return float(PLLS[board.family.name](board.oscillator, clock).achieved)


def top(plan: Plan, accelerator: Accelerator) -> Top:
    """The whole design of the plan's board around its accelerator.

    Raises
    ------
    Refusal, ValueError
        The board cannot make this clock, or its serial line not with this clock.
    """
    board = plan.board
    return TOPS[board.name](
        accelerator,
        info=describe(plan.network, accelerator.o.p.shape()),
        oscillator=board.oscillator,
        clock=plan.clock,
        baud=board.baud,
    )
