"""What a row's build, simulation and placements came to, as it is kept in the repository."""

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
from hw.flow.folder import write_text

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
    """One placement: Hz reached, its cells, and nextpnr's seconds."""

    seed: int
    achieved: float
    cells: Resources
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The integer reference on all test images.

    ``differing`` is from PyTorch in the class; ``published`` counts the images of which every score
    is the one its authors published, None where they published none.
    """

    images: int
    correct: int
    differing: int
    published: int | None = None


@dataclass(frozen=True, kw_only=True)
class Design:
    """What was built: Hz, cycles, cells, joules and seconds."""

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
        """Hz that the median of the seeds reaches."""
        clocks = sorted(each.achieved for each in self.seeds)
        return clocks[(len(clocks) - 1) // 2] if clocks else None

    @property
    def met(self) -> bool:
        return self.achieved is not None and self.achieved >= self.clock

    @property
    def cells(self) -> Resources | None:
        """Of the median seed."""
        return next((each.cells for each in self.seeds if each.achieved == self.achieved), None)

    @property
    def right(self) -> bool:
        """Whether every simulated image gave the reference's scores."""
        return self.simulation is not None and not self.simulation.differing

    @property
    def cycles(self) -> float:
        """Of a frame: as simulated, or as planned where nothing was."""
        counted = self.simulation.cycles_per_frame if self.simulation else None
        return self.interval if counted is None else counted

    @property
    def rate(self) -> float | None:
        """Frames/s: the asked clock, or the median Fmax where lower, over the cycles of a frame."""
        return None if self.achieved is None else min(self.clock, self.achieved) / self.cycles


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A row's outcome; ``design`` is None where there is none, and ``failure`` says why.

    ``limit`` says what one cycle a frame less would need, ``training`` how the checkpoint came
    about, ``commit`` the program's version (with a + where files were changed).
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
        """Write it as the row's file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.row}.json"
        write_text(path, _FORMAT.dump_json(self, indent=1).decode() + "\n")
        return path


_FORMAT = TypeAdapter(Measurement)


def read(row: str, folder: Path = KEPT) -> Measurement | None:
    """What was kept of a row; None if nothing was."""
    path = folder / f"{row}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None


def design(found: Sequence[Build]) -> Design | None:
    """The outcome of a row's builds; None if none has a report."""
    reports = [each.report for each in found if each.report]
    if not reports:
        return None
    made = reports[0]
    simulation = made.simulation
    if simulation:  # kept without the folder, which is this machine's
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
        seeds=tuple(_seed(each.seed, each.report) for each in found
                    if each.placed and each.report is not None),
    )  # fmt: skip


def _seed(number: int, made: Report) -> Seed:
    assert made.timing is not None and made.counts.placed is not None
    return Seed(seed=number, achieved=made.timing.achieved, cells=made.counts.placed,
                seconds=made.seconds["place"])


def commit() -> str | None:
    """This program's version by git, with a + where files differ from it; None without git."""
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
    """Of the packages that figures depend on, those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
