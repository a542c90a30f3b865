"""The top of every family of devices."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from boards.board import Board
from hw.design import known
from hw.design.accelerator import Accelerator
from hw.design.adjustable import Adjustable
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
