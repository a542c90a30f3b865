"""The top of a board around the smallest accelerator, for the tests of every board."""

from dataclasses import replace
from typing import Any

from boards.board import Board
from boards.protocol import Info
from hw.cores.link.answer import score_bytes
from hw.design.adjustable import Adjustable
from hw.design.top import Top
from hw.design.tops import of
from sim.sums import Sums


def top(
    board: Board, clock: float, baud: int | None = None, *, adjustable: Adjustable | None = None
) -> Top[Any]:
    """At the board's own rate, if none is given."""
    accelerator = Sums((1, 4, 4), 3)
    info = Info(
        slots=2,
        shape=accelerator.shape,
        classes=accelerator.classes,
        score_bytes=score_bytes(accelerator.o.p.shape()),
        digest=bytes(16),
    )
    board = replace(board, baud=baud or board.baud)
    return of(board)(accelerator, board=board, info=info, clock=clock, adjustable=adjustable)
