"""``python -m sim.run``: images through the simulated hardware, every score compared."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from boards.catalogue import BOARDS
from boards.catalogue import board as find_board
from hw.design.accelerator import Accelerator
from hw.design.tops import achieved
from hw.emit import synth
from hw.emit.tools import Failure
from hw.network.agreement import Parting, parting
from hw.network.fold import fold
from hw.plan.plan import Plan
from hw.plan.search import plan
from model import arrays, files, options
from model.checkpoint import load
from model.evaluation import check_images, evaluate
from model.options import Parser
from model.refusal import Refusal, refusing, say
from sim.chunks import CHUNK, processors
from sim.cosimulate import Cosimulation, cosimulate
from sim.netlist import Bench, bench, synthesised


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Simulate as the arguments say; 0 if all is equal, 1 if a score or a class is not, 2 if input
    is unusable."""
    given = _parser().parse_args(argv)
    checkpoint = load(given.checkpoint)
    images = arrays.read(given.images)
    check_images(images, checkpoint, str(given.images))
    labels = None if given.labels is None else arrays.read_labels(
        given.labels, len(images), len(checkpoint.classes))
    if given.out:
        arrays.check_folder(given.out)
    if given.waves:
        files.check_target(given.waves, "--waves")
        if given.engine != "native":
            raise Refusal("--waves: written by the native engine alone; leave out --engine cocotb")
    board = find_board(given.board)
    asked = board.clock if given.clock is None else given.clock * 1e6
    # The frequency that the PLL makes, as in hw.build, so that both plan the same design.
    clock = achieved(board, asked)
    planned = plan(
        fold(checkpoint), board, given.variant, fps=given.fps, fill=given.fill, clock=clock,
        alone=given.level == "rtl",
    )
    try:
        result = _simulate(planned, images, given)
    except Failure as failure:
        say(f"failed: {failure}")
        return 1
    if given.out:
        _write(result, given.out)
    pytorch = evaluate(checkpoint, images, device="cpu").classes
    parted = parting(checkpoint, planned.network, images, result.classes, pytorch)
    _show(result, planned, labels, parted)
    failed = [] if result.mismatch is None else [str(result.mismatch)]
    if len(parted.real) > given.allow_differing:
        failed.append(f"{parted.told}; --allow-differing {len(parted.real)} takes them")
    for line in failed:
        say(f"failed: {line}")
    return 1 if failed else 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m sim.run", description=__doc__,
        epilog="Compiled simulations are kept in the user's cache folder, or in "
        "the one that the variable PURELOGIC_CACHE names; docs/files.md tells of all files.",
    )
    parser.add_argument("--checkpoint", required=True, type=options.path("--checkpoint"),
                        metavar="net.pt")
    parser.add_argument("--images", required=True, type=options.path("--images"),
                        metavar="X.npy",
                        help="uint8 (N, C, H, W)")
    parser.add_argument("--labels", type=options.path("--labels"), metavar="Y.npy",
                        help="integers (N,)")
    parser.add_argument("--level", default="rtl", choices=["rtl", "netlist"],
                        help="what is simulated: the accelerator's Verilog, or the layers of the "
                        "board as yosys synthesises it")
    parser.add_argument("--engine", default="native", choices=["native", "cocotb"],
                        help="compiled player, or Python in the simulator; equal but for speed")
    parser.add_argument("--board", default="ulx3s", type=options.name("--board"), metavar="NAME",
                        help=", ".join(BOARDS))
    parser.add_argument("--variant", type=options.name("--variant"), metavar="NAME",
                        help="of the board; default: its usual one")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fps", type=options.fps, metavar="N",
                       help="the smallest design that reaches N frames/s")
    speed.add_argument("--fill", type=options.fill, metavar="F",
                       help="the fastest design within this share of the device (default: as of "
                       "hw.build)")
    parser.add_argument("--clock", type=options.clock, metavar="MHZ", help="default: the board's")
    parser.add_argument("--jobs", type=options.jobs, default=processors(), metavar="N",
                        help=f"processes at once, {CHUNK} images each (default: one per processor)")
    parser.add_argument("--stall", type=options.real("--stall", 0, 0.99), default=0.0, metavar="P",
                        help="chance that a cycle offers no pixel, or takes no score (default 0)")
    parser.add_argument("--waves", type=options.out, metavar="W.vcd",
                        help=f"write every signal here, of the first {CHUNK} images at most")
    parser.add_argument("--allow-differing", type=options.whole("--allow-differing", 0, 10**9),
                        default=0, metavar="N", help="images that may have another class than "
                        "PyTorch's, ties that float32 rounds apart (default 0)")
    parser.add_argument("--out", type=options.out, metavar="Z.npz",
                        help="write scores, classes, latency_cycles, cycles_per_frame here")
    return parser


def _simulate(planned: Plan, images: np.ndarray, given: argparse.Namespace) -> Cosimulation:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())
    console = Console(stderr=True)
    shown = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task("simulating", total=len(images))
        return cosimulate(
            _design(planned, given.level), planned.network, images, engine=given.engine,
            patience=patience(planned), jobs=given.jobs, stall=given.stall, waves=given.waves,
            progress=lambda done: progress.update(task, completed=done),
        )  # fmt: skip


def _design(planned: Plan, level: str) -> Accelerator | Bench:
    if level == "rtl":
        return Accelerator(planned)
    with tempfile.TemporaryDirectory(prefix="netlist") as name:
        made = synthesised(planned, Path(name))
        return bench(Path(name) / synth.NETLIST, made, planned)


def patience(planned: Plan) -> int:
    """Cycles without a beat at either end that count as a deadlock of this plan's design."""
    return 10_000 + 4 * sum(stage.cycles for stage in planned.stages)


def _write(result: Cosimulation, out: Path) -> None:
    interval = np.nan if result.cycles_per_frame is None else result.cycles_per_frame
    arrays.write(
        out, scores=result.scores, classes=result.classes,
        latency_cycles=result.latency_cycles, cycles_per_frame=interval,
    )  # fmt: skip


def _show(
    result: Cosimulation, planned: Plan, labels: np.ndarray | None, parted: Parting
) -> None:
    count = len(result.classes)
    table = Table(show_header=False, box=None)
    table.add_row("images", f"{count:,}, {len(result.differing):,} differ from the reference")
    table.add_row("class", f"{len(parted.images):,} of {count:,} differ from PyTorch{parted.note}")
    if labels is not None:
        right = int((result.classes == labels).sum())
        table.add_row("accuracy", f"{right:,} of {count:,} ({right / count:.2%})")
    latency = result.latency_cycles / planned.clock
    table.add_row("latency", f"{result.latency_cycles:,} cycles, {latency * 1e6:,.1f} us")
    if result.cycles_per_frame is not None:
        rate = planned.clock / result.cycles_per_frame
        table.add_row("frame", f"{result.cycles_per_frame:,.1f} cycles (planned "
                               f"{planned.interval:,}), {rate:,.0f} frames/s at "
                               f"{planned.clock / 1e6:g} MHz")
    table.add_row("simulator", f"{count / result.seconds:,.1f} images/s, "
                               f"{result.cycles / result.seconds:,.0f} cycles/s")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
