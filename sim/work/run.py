"""The work of sim.run: a design is planned, simulated and compared."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from boards.catalogue import board as find_board
from hw.design.accelerator import Accelerator
from hw.design.clocks import achieved
from hw.emit import synth
from hw.emit.tools import Failure
from hw.network.agreement import Parting, parting
from hw.network.fold import fold
from hw.plan.plan import Plan
from hw.plan.search import plan
from model import arrays
from model.checkpoint import load
from model.evaluation import evaluate
from model.labelled import read_files
from model.progress import Progress, Told, counted
from model.refusal import Refusal, say
from sim.chunks import processors
from sim.cosimulate import Cosimulation, cosimulate
from sim.netlist import Bench, bench, synthesised


def run(given: argparse.Namespace) -> int:
    """Simulate as the arguments say; returns the exit status."""
    checkpoint = load(given.checkpoint)
    images, labels = read_files(given.images, given.labels, checkpoint)
    if given.frame is not None and given.frame >= len(images):
        raise Refusal(f"--frame {given.frame}: there are {len(images)} images, the last of them"
                      f" {len(images) - 1}")
    board = find_board(given.board)
    asked = board.clock if given.clock is None else given.clock * 1e6
    # The frequency that the PLL makes, as in hw.build, so that both plan the same design.
    clock = achieved(board, asked)
    planned = plan(
        fold(checkpoint), board, given.variant, fps=given.fps, fill=given.fill, clock=clock,
        alone=given.level == "rtl",
    )
    with Progress() as told:
        try:
            result = _simulate(planned, images, given, told)
        except Failure as failure:
            say(f"failed: {failure}")
            return 1
        if given.out:
            _write(result, given.out)
        pytorch = evaluate(checkpoint, images, device="cpu", told=told).classes
    parted = parting(checkpoint, planned.network, images, result.classes, pytorch)
    _show(result, planned, labels, parted)
    failed = [] if result.mismatch is None else [str(result.mismatch)]
    if len(parted.real) > given.allow_differing:
        failed.append(f"{parted.told}; --allow-differing {len(parted.real)} takes them")
    for line in failed:
        say(f"failed: {line}")
    return 1 if failed else 0


def _simulate(
    planned: Plan, images: np.ndarray, given: argparse.Namespace, told: Told
) -> Cosimulation:
    return cosimulate(
        _design(planned, given.level), planned.network, images, engine=given.engine,
        patience=patience(planned), jobs=given.jobs or processors(),
        stall=given.stall, waves=given.waves, frame=given.frame,
        progress=counted(told, "simulating", len(images)),
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
