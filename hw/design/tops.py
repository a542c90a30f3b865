"""The top of every family of devices, and the clock that a board makes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from boards.board import Board
from hw.design import known
from hw.design.accelerator import Accelerator
from hw.design.top import Top, describe
from hw.plan.plan import Plan
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


def top(plan: Plan, accelerator: Accelerator) -> Top[Any]:
    """The whole design of the plan's board around its accelerator.

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
    )
