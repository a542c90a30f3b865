"""A simulated board at a pseudo-terminal, which is a serial port for the host."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path

from amaranth.lib import wiring

from boards.board import Board
from boards.driver import LinkError
from boards.protocol import BITS_OF_A_BYTE, Info
from hw.design.accelerator import Accelerator
from hw.design.clocks import achieved
from hw.design.top import BoardLogic, describe
from hw.emit.child import Group
from hw.emit.tools import Failure as Unsuccessful
from hw.emit.verilog import emit
from hw.network.network import Network
from hw.plan.link import line_limit
from hw.plan.plan import Plan, Slots
from hw.plan.search import plan
from sim.player import Failure, run_bench
from sim.verilate import build

DIVISOR = 4
"""Cycles of a bit: the fastest possible line, so that most of the simulation is of the network."""
GAP = 1 << 16
"""Cycles of silence that end a frame, for which a simulation needs some 100 ms."""
PATIENCE = 60.0
"""Most seconds for the simulator to start."""


@contextmanager
def simulated_port(
    network: Network,
    board: Board,
    variant: str | None = None,
    *,
    fps: float | None = None,
    fill: float | None = None,
    announce: Callable[[str], None],
) -> Iterator[str]:
    """Plan a board for a network as `hw.build` does, and simulate it; gives its serial port.

    Parameters
    ----------
    variant, fps, fill : as in `hw.plan.search.plan`.
    announce : called with a text before each step that takes long.

    Raises
    ------
    Refusal
        The network does not fit, or a tool is missing.
    LinkError
        The simulator does not start or broke off.
    """
    clock = achieved(board, board.clock)
    planned = plan(network, board, variant, fps=fps, fill=fill, clock=clock)
    announce("compiling and starting the simulated board")
    with planned_port(planned) as path:
        yield path


@contextmanager
def planned_port(planned: Plan) -> Iterator[str]:
    """Simulate the board of a plan for a driver, whose `LinkError` also tells of a simulator that
    does not start or broke off; gives its serial port."""
    try:
        with simulated_board(planned) as path:
            yield path
    except Unsuccessful as failure:
        raise LinkError(str(failure)) from failure


@contextmanager
def simulated_board(planned: Plan) -> Iterator[str]:
    """Compile the board of a plan and simulate it; gives the path of its serial port.

    Raises
    ------
    Refusal
        A tool is missing.
    Failure
        The simulator does not start or broke off.
    """
    accelerator = Accelerator(planned)
    info = describe(planned, accelerator.o.p.shape())
    with simulated(accelerator, info, planned.slots, _divisor(planned)) as path:
        yield path


@contextmanager
def simulated(
    accelerator: wiring.Component,
    info: Info,
    slots: Slots | None = None,
    divisor: int = DIVISOR,
) -> Iterator[str]:
    """Simulate a board with any accelerator, as `simulated_board` does."""
    logic = BoardLogic(accelerator, info=info, divisor=divisor, gap=GAP, slots=slots)
    model = build(emit(logic))
    with tempfile.TemporaryDirectory(prefix="board") as name, ThreadPoolExecutor(1) as pool:
        folder = Path(name)
        bench = "sim.benches.live_board"
        board = Group()
        call = partial(run_bench, model, bench, folder, {"divisor": divisor})
        running = pool.submit(board.call, call)
        try:
            yield _port(folder / "port", running)
        except KeyboardInterrupt:
            board.end()
            raise
        finally:
            (folder / "stop").touch()
            if not board.ended:
                running.result()


def _divisor(planned: Plan) -> int:
    """Cycles of a bit, so many that the accelerator keeps up with a link without image slots."""
    bytes_ = line_limit(planned.network, 1)
    if planned.slots.count or bytes_ is None:
        return DIVISOR
    return max(DIVISOR, ceil(planned.interval / bytes_ / BITS_OF_A_BYTE))


def _port(announced: Path, running: Future[None]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not announced.exists():
        if running.done():
            running.result()
        if running.done() or time.monotonic() > deadline:
            raise Failure("the simulated board did not start")
        time.sleep(0.02)
    return announced.read_text()
