"""The measurement of a row: its build, simulation and placements, as a file in the repository."""

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.builds import ROOT, Build
from boards.resources import Resources
from hw.emit.energy import Energy
from hw.emit.report import Report, Simulation
from model.files import write_text

KEPT = ROOT / "benchmarks" / "results"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A product on the device."""

    name: str
    size: str
    weights: str
    cycles: int


@dataclass(frozen=True, kw_only=True)
class Seed:
    """One placement: its clock in Hz, its cells, and nextpnr's seconds."""

    seed: int
    achieved: float
    cells: Resources
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The accuracy of the integer reference on all test images.

    ``differing`` is the number of images with another class than PyTorch's; ``published`` is the
    number of images whose scores all are those that the authors published, None if they published
    none.
    """

    images: int
    correct: int
    differing: int
    published: int | None = None


@dataclass(frozen=True, kw_only=True)
class Design:
    """The design that was built: Hz, cycles, cells, joules and seconds."""

    device: str
    clock: float
    interval: int
    latency: int
    layers: tuple[Layer, ...]
    estimate: Resources
    available: Resources
    energy: Energy
    synthesis: float | None
    simulation: Simulation | None
    seeds: tuple[Seed, ...]

    @property
    def achieved(self) -> float | None:
        """The clock of the median seed in Hz."""
        clocks = sorted(each.achieved for each in self.seeds)
        return clocks[(len(clocks) - 1) // 2] if clocks else None

    @property
    def met(self) -> bool:
        return self.achieved is not None and self.achieved >= self.clock

    @property
    def cells(self) -> Resources | None:
        """The cells of the median seed."""
        return next((each.cells for each in self.seeds if each.achieved == self.achieved), None)

    @property
    def right(self) -> bool:
        """True if all scores of all simulated images are the reference's."""
        return self.simulation is not None and not self.simulation.differing

    @property
    def cycles(self) -> float:
        """Cycles of a frame: simulated, or planned if nothing was simulated."""
        counted = self.simulation.cycles_per_frame if self.simulation else None
        return self.interval if counted is None else counted

    @property
    def rate(self) -> float | None:
        """Frames/s: the clock, or the median Fmax if that is lower, over the cycles of a frame."""
        return None if self.achieved is None else min(self.clock, self.achieved) / self.cycles


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The measurement of a row; ``design`` is None if there is none, and ``failure`` says why.

    ``limit`` says what a design with one cycle less would need, ``training`` how the network was
    trained, ``commit`` is the program's version, with a + if files were changed.
    """

    row: str
    command: str
    made_by: str | None
    training: str
    commit: str | None
    tools: dict[str, str]
    design: Design | None
    accuracy: Accuracy | None
    limit: str | None
    failure: str | None

    def save(self, folder: Path = KEPT) -> Path:
        """Write the measurement to the row's file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.row}.json"
        write_text(path, _FORMAT.dump_json(self, indent=1).decode() + "\n")
        return path


_FORMAT = TypeAdapter(Measurement)


def read(row: str, folder: Path = KEPT) -> Measurement | None:
    """The measurement in a row's file; None if there is none."""
    path = folder / f"{row}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None


def design(builds: Sequence[Build]) -> Design | None:
    """The design that a row's builds resulted in; None if none has a report."""
    reports = [each.report for each in builds if each.report]
    if not reports:
        return None
    made = reports[0]
    simulation = made.simulation
    if simulation:  # without the folder, which is of this machine
        simulation = replace(simulation, source=Path(simulation.source).name)
    return Design(
        device=made.device, clock=made.clock, interval=made.interval, latency=made.latency,
        layers=tuple(
            Layer(name=layer.name, size=layer.folding.size, weights=layer.folding.weights,
                  cycles=layer.cycles)
            for layer in made.layers
        ),
        estimate=made.counts.estimate, available=made.available, energy=made.energy,
        synthesis=made.seconds.get("synth"), simulation=simulation,
        seeds=tuple(_seed(each.seed, each.report) for each in builds
                    if each.placed and each.report is not None),
    )  # fmt: skip


def _seed(number: int, report: Report) -> Seed:
    assert report.timing is not None and report.counts.placed is not None
    return Seed(seed=number, achieved=report.timing.achieved, cells=report.counts.placed,
                seconds=report.seconds["place"])


def commit() -> str | None:
    """This program's commit in git, with a + if files differ from it; None without git."""
    try:
        said = [
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "-uno"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return None
    head, changed = (each.stdout.strip() for each in said)
    return f"{head}+" if changed else head


def versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that are installed, by name."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
