"""``python -m benchmarks.accuracy``: trains what the papers trained, and writes ACCURACY.md."""

import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from benchmarks import accuracy_document
from benchmarks.builds import ROOT
from benchmarks.measurement import commit, versions
from benchmarks.networks import Missing, folder
from benchmarks.outcomes import KEPT, Hardware, Outcome, Runs, read
from benchmarks.rows import chosen
from benchmarks.trainings import ROWS, SECTIONS, Training
from boards.catalogue import board
from hw.emit import energy
from hw.emit.child import run
from hw.network.fold import fold
from hw.network.nodes.operations import Operations
from hw.plan.search import plan
from model import options, runs
from model.checkpoint import load
from model.options import Parser
from model.refusal import Refusal, refusing

TABLE = ROOT / "benchmarks" / "ACCURACY.md"
WORK = ROOT / "build" / "accuracy"
TOOLS = ("torch", "numpy", "scipy")
FILL = 0.8
"""Share of an ULX3S-85F that the networks of the table are planned for."""


def measure(row: Training, data: Path, seeds: int, work: Path, kept: Path) -> Runs:
    """Train the seeds of a row that have no result yet, and save each result as soon as it ends.

    Raises
    ------
    Missing
        The row needs a machine or a checkpoint that is not here, or was interrupted.
    """
    record = read(row.name, kept)
    if record is None or record.command != row.command:
        record = Runs(row=row.name, command=row.command, machine=machine(row), tools={})
    have = {each.seed for each in record.outcomes}
    for seed in range(1, min(row.seeds, seeds) + 1):
        if seed not in have:
            record = replace(record, machine=machine(row), tools=versions(TOOLS),
                            outcomes=(*record.outcomes, train(row, seed, data, work)))
            record.save(kept)
    shown = any(row in section.rows for section in SECTIONS if section.hardware)
    first = work / f"{row.name}-1.pt"
    if shown and record.hardware is None and first.exists():
        record = replace(record, hardware=hardware(first))
        record.save(kept)
    return record


def machine(row: Training) -> str:
    """Name of the machine that a row runs on. Raises `Missing` if there is no accelerator."""
    if not row.accelerator:
        return f"{platform.machine()}, one core"
    if not torch.cuda.is_available():
        raise Missing("needs a CUDA device, and torch finds none")
    return torch.cuda.get_device_name()


def train(row: Training, seed: int, data: Path, work: Path) -> Outcome:
    """Run ``model.train``, or resume an interrupted run; takes minutes to hours."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{row.name}-{seed}.pt"
    if row.teacher is not None and not (work / f"{row.teacher}-1.pt").exists():
        raise Missing(f"needs the checkpoint of {row.teacher}: measure that row first")
    words = row.options(seed, str(data), f"{work}/")
    _mark(path, row.command)
    if not path.exists():
        more = ["--resume"] if path.with_suffix(".train.pt").exists() else []
        done = run([sys.executable, "-m", "model.train", *words, *more], cwd=ROOT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode:
            return _failed(seed, path, done.stderr)
    return _outcome(seed, path)


def _mark(path: Path, command: str) -> None:
    """Write a run's command beside its files. Raises `Missing` if they are of another command."""
    mark = path.with_suffix(".command")
    if mark.exists() and mark.read_text() != command:
        raise Missing(f"{path.with_suffix('')}.* are of another command; remove them")
    mark.write_text(command)


def _outcome(seed: int, path: Path, failure: str | None = None) -> Outcome:
    run = runs.read(path)
    metrics = run.metrics or {"correct": None, "images": None}
    seconds, rates = run.column("seconds"), run.column("images_per_second")
    return Outcome(
        seed=seed, correct=metrics["correct"], images=metrics["images"], epochs=len(seconds),
        epoch=statistics.median(seconds) if seconds else None,
        rate=statistics.median(rates) if rates else None,
        seconds=round(sum(seconds), 1), commit=commit(), failure=failure,
    )  # fmt: skip


def _failed(seed: int, path: Path, said: str) -> Outcome:
    """The outcome of a run that diverged, or whose method refused its network."""
    line = (said.strip().splitlines() or ["killed"])[-1]
    if not line.startswith(("failed: ", "error: method ")):
        raise Missing(f"seed {seed}: {line}")
    path.with_suffix(".train.pt").unlink(missing_ok=True)
    failure = line.split(": ", 1)[1]
    if path.with_suffix(".log.jsonl").exists():
        return _outcome(seed, path, failure)
    return Outcome(seed=seed, correct=None, images=None, epochs=0, epoch=None, rate=None,
                   seconds=0.0, commit=commit(), failure=failure)  # fmt: skip


def hardware(checkpoint: Path) -> Hardware:
    """The plan of a network for an ULX3S-85F, as of ``hw.build --stop-after plan``."""
    try:
        network = fold(load(checkpoint))
    except Refusal as refusal:
        why = str(refusal).splitlines()[-1]
        return Hardware(rate=None, paper=None, counter=None, failure=why)
    total = sum(energy.of_network(network).values(), Operations())
    joules = energy.account(total)
    rate, failure = None, None
    try:
        rate = plan(network, board("ulx3s"), "85F", fill=FILL).frames_per_second
    except Refusal as refusal:
        failure = str(refusal).splitlines()[0]
    return Hardware(rate=rate, paper=joules.paper, counter=joules.counter, failure=failure)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page; 0 if done, 2 if input is unusable."""
    given = _parser().parse_args(argv)
    rows, say = chosen(given.rows, ROWS, ROWS), Console(stderr=True).print
    if not given.table:
        data = folder(given.data_dir)
        if data is None:
            raise Refusal("--data-dir DIR: is needed to train; or give --table")
        for row in rows:
            say(f"{row.name}: training")
            try:
                found = measure(row, data, given.seeds, given.work.absolute(), KEPT)
            except Missing as reason:
                say(f"{row.name}: left out, {reason}")
                continue
            say(f"{row.name}: {accuracy_document.accuracy(found)}")
    text = accuracy_document.document({name: kept for name in ROWS
                                       if (kept := read(name, KEPT))})  # fmt: skip
    TABLE.write_text(text)
    print(text)
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks.accuracy", description=__doc__)
    add = parser.add_argument
    add("--rows", metavar="A,B", help=f"only these of: {', '.join(ROWS)}")
    add("--table", action="store_true", help="train nothing: the table of what is kept")
    add("--data-dir", type=options.path("--data-dir"), metavar="DIR", help="the data sets' folder")
    add("--seeds", type=options.whole("--seeds", 1, 1000), default=5,
        help="of each row at most (5)")
    add("--work", type=options.path("--work"), metavar="DIR", default=WORK,
        help="checkpoints and logs go here (default build/accuracy)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
