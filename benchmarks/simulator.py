"""``python -m benchmarks.simulator``: how fast the native harness plays CNV, scores checked."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from rich.progress import Progress

from benchmarks.builds import ROOT
from benchmarks.measurement import KEPT, commit
from benchmarks.networks import SOURCES, Inputs, Missing
from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.network.fold import fold
from hw.plan.search import plan
from model import options
from model.checkpoint import load
from model.files import write_text
from model.options import Parser
from model.refusal import Refusal, refusing
from sim.chunks import processors
from sim.cosimulate import cosimulate
from sim.work.run import patience

FILE = "simulator.json"
FILL, CLOCK = 0.6, 110e6
IMAGES = 1000


@dataclass(frozen=True, kw_only=True)
class Played:
    """One run: images, differences, and seconds without compilation.

    ``published`` is the number of images whose scores all are those the authors published; None if
    these are not on this machine.
    """

    design: str
    images: int
    differing: int
    published: int | None
    cycles: int
    seconds: float
    jobs: int
    processors: int
    machine: str
    commit: str | None


_FORMAT = TypeAdapter(Played)


def measure(inputs: Inputs, images: int, jobs: int) -> Played:
    """Play CNV's first test images on the plan for `FILL` of an 85F.

    Raises
    ------
    Missing
        The parameters or the images are not on this machine.
    """
    source = SOURCES["cnv"]
    network = fold(load(source.checkpoint(inputs)))
    test = source.test_set(inputs)
    if test is None:
        raise Missing("needs --data-dir DIR with CIFAR-10")
    planned = plan(network, board("ulx3s"), "85F", fill=FILL, clock=CLOCK)
    with Progress(transient=True) as progress:
        task = progress.add_task("simulating", total=images)
        found = cosimulate(
            Accelerator(planned), network, test.images[:images], jobs=jobs,
            patience=patience(planned),
            progress=lambda done: progress.update(task, completed=done),
        )  # fmt: skip
    scores = source.published_scores(inputs)
    same = None if scores is None else (found.scores == scores[:images]).all(axis=1)
    return Played(
        design=f"CNV on 85F, {planned.interval:,} cycles a frame, {planned.estimate.lut:,} LUT4"
               " planned",
        images=len(found.classes), differing=len(found.differing),
        published=None if same is None else int(same.sum()), cycles=found.cycles,
        seconds=found.seconds, jobs=jobs, processors=os.cpu_count() or 1,
        machine=platform.machine(), commit=commit(),
    )  # fmt: skip


def section(folder: Path = KEPT) -> str:
    """The section of RESULTS.md on the simulator."""
    path = folder / FILE
    head = "## Simulator\n\n"
    if not path.is_file():
        return f"{head}Not measured yet: `python -m benchmarks.simulator`.\n"
    return head + table(_FORMAT.validate_json(path.read_text()))


def table(played: Played) -> str:
    """One run as a Markdown table."""
    rows = [
        ("design", played.design),
        ("images", f"{played.images:,}, {played.differing:,} differ from the reference"),
        ("equal to the published scores",
         "-" if played.published is None else f"{played.published:,} of {played.images:,} images"),
        ("images/s", f"{played.images / played.seconds:,.1f}"),
        ("cycles/s", f"{played.cycles / played.seconds:,.0f}"),
        ("processes", f"{played.jobs}, {played.processors} processors ({played.machine})"),
        ("commit", played.commit or "?"),
        ("command", f"`python -m benchmarks.simulator --images {played.images} --jobs {played.jobs}"
                    " --data-dir DIR --references REFERENCES`"),
    ]  # fmt: skip
    lines = ["| | |", "|---|---|", *(f"| {name} | {said} |" for name, said in rows)]
    return "\n".join(lines) + "\n"


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and save the run; 0 if all scores are equal, 1 if not, 2 if input is unusable."""
    parser = Parser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="with CIFAR-10")
    parser.add_argument("--references", type=options.path("--references"), metavar="DIR",
                        help="with bnn-pynq")
    parser.add_argument("--images", type=options.whole("--images", 1, 10_000), default=IMAGES,
                        help=f"of the test set ({IMAGES:,})")
    parser.add_argument("--jobs", type=options.jobs, default=processors(), help="processes at once")
    parser.add_argument("--checkpoints", type=options.path("--checkpoints"), metavar="DIR",
                        default=ROOT / "build" / "checkpoints", help="where cnv.pt is, or is made")
    given = parser.parse_args(argv)
    folders = (given.data_dir, given.references, given.checkpoints)
    data, references, made = (folder and folder.absolute() for folder in folders)
    inputs = Inputs(data=data, references=references, made=made)
    try:
        found = measure(inputs, given.images, given.jobs)
    except Missing as missing:
        raise Refusal(str(missing)) from None
    KEPT.mkdir(parents=True, exist_ok=True)
    write_text(KEPT / FILE, _FORMAT.dump_json(found, indent=1).decode() + "\n")
    print(table(found))
    equal = found.published in (None, found.images)
    return 0 if equal and not found.differing else 1


if __name__ == "__main__":
    raise SystemExit(main())
