"""The report of a build: results beside the plan's estimates, in ``report.json``."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from boards.resources import Resources
from hw.emit.activations import Activations
from hw.emit.critical import Step
from hw.emit.endpoints import Endpoints
from hw.emit.energy import CAVEAT, Energy
from hw.network.nodes.operations import Operations
from hw.plan.plan import Folding, Slots

FILE = "report.json"

SPARE = 1.05
"""A design that reaches so many times its clock could have a higher one, and the report says so."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Resources of one layer or design: as planned, after synthesis, after placement."""

    estimate: Resources
    synthesised: Resources | None = None
    placed: Resources | None = None

    @property
    def latest(self) -> Resources:
        """Resources as of the last of these that was done."""
        return self.placed or self.synthesised or self.estimate


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """One layer of the network on the device.

    ``does`` is what it does in a few words, ``sources`` are the layers that it reads, or `IMAGE`.
    ``utilisation`` is the share of cycles in which its lanes work, ``share`` its part of the
    frame's energy with counters. ``gates`` is the number of operators by kind, before they are
    mapped to LUTs, and ``cells`` the number of mapped cells by type (LUT4, CCU2C carries,
    TRELLIS_FF, DP16KD); both are None without synthesis. ``toggled`` is what toggled in a frame, on
    average; None without a simulation.
    """

    name: str
    inputs: tuple[int, int, int]
    outputs: tuple[int, int, int]
    folding: Folding
    cycles: int
    utilisation: float
    counts: Counts
    operations: Operations
    energy: Energy
    share: float
    gates: dict[str, int] | None = None
    cells: dict[str, int] | None = None
    toggled: Operations | None = None
    does: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The clock of the routed design: Hz asked and reached, the seeds that were tried, the delays
    on its slowest path from register to register, in their order, and its slowest endpoints. Where
    the clock was searched, ``asked`` is the one that was found, and ``searched`` has Hz asked and
    reached of every attempt."""

    asked: float
    achieved: float
    met: bool
    seed: int
    tried: tuple[int, ...]
    path: tuple[Step, ...] = ()
    searched: tuple[tuple[float, float], ...] = ()
    endpoints: Endpoints | None = None

    @property
    def spare(self) -> bool:
        """True if the design reaches appreciably more than the clock that was asked for."""
        return self.met and not self.searched and self.achieved > SPARE * self.asked


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Result of the co-simulation of design.v: images, those that differ, and clock cycles.

    Parameters
    ----------
    file : what was simulated, where it is not design.v.
    source : the images' file, or how they were made.
    differing : images of which any score or the class is not the integer reference's.
    differing_pytorch : images whose class is not PyTorch's.
    rounded_pytorch : those of them whose class is that of exact scores: ties that float32 rounds.
    allowed : most of the others that are no failure.
    correct : images whose class is the label; None without labels.
    latency_cycles : cycles from the first pixel in to the answer out, of the first frame.
    cycles_per_frame : cycles between frames in the steady state; None for a single frame.
    first_difference : image, layer, channel and position of the first value that differs.
    """

    source: str
    images: int
    differing: int
    differing_pytorch: int
    correct: int | None
    latency_cycles: int
    cycles_per_frame: float | None
    first_difference: str | None = None
    rounded_pytorch: int = 0
    allowed: int = 0
    file: str = "design.v"

    @property
    def failures(self) -> list[str]:
        """The checks that failed, one line each, to be printed."""
        found = []
        if self.differing:
            found.append(
                f"{self.differing} of {self.images} simulated images differ from the integer "
                f"reference, first: {self.first_difference}"
            )
        if (others := self.differing_pytorch - self.rounded_pytorch) > self.allowed:
            found.append(
                f"{others} of {self.images} simulated images are of another class than PyTorch's; "
                f"--allow-differing {others} goes on nevertheless"
            )
        return found


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """Outcomes of the proofs that a design's cells equal the plain forms, which design.v has.

    Parameters
    ----------
    proved : names of modules of cells that equal their plain form for all inputs.
    memories, words : number of components whose block memories hold the right words, and of those
        words.
    simulated : modules that are only simulated, each with the reason why it is not proved.
    refuted : modules that differ, each with its core and the difference.
    others : number of cells of the board itself, such as pins, by their type.
    """

    proved: tuple[str, ...]
    memories: int = 0
    words: int = 0
    simulated: dict[str, str] = field(default_factory=dict)
    refuted: dict[str, str] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """The checks that failed, one line each, to be printed."""
        return [
            f"the cells of {name} are not what was simulated, {how}"
            for name, how in self.refuted.items()
        ]

    def __str__(self) -> str:
        said = [f"{len(self.proved)} modules of cells proved"]
        if self.memories:
            said.append(f"{self.words:,} words in {self.memories} memories compared")
        if self.simulated:
            said.append(f"{len(self.simulated)} only simulated")
        if self.refuted:
            said.append(f"{len(self.refuted)} DIFFER")
        return ", ".join(said)


@dataclass(frozen=True, kw_only=True)
class NetlistSimulation:
    """Result of simulating the synthesised netlist: its layers, and the whole board at its pins.

    Parameters
    ----------
    omitted : the reason why nothing was simulated; empty where it was.
    source : the images' file, or how they were made.
    images, differing, first_difference : as in `Simulation`, for the layers without the serial
        line.
    at_pins : images sent over the serial line, beside INFO, an unknown command and a broken frame.
    fault : the first wrong answer of the board; None if all are right.
    """

    omitted: str = ""
    source: str = ""
    images: int = 0
    differing: int = 0
    first_difference: str | None = None
    at_pins: int = 0
    fault: str | None = None

    def __str__(self) -> str:
        """The result of the comparison, as one line to be printed."""
        if self.omitted:
            return f"not simulated: {self.omitted}"
        board = "its answers are right" if self.fault is None else "its answers are WRONG"
        over = f", with {self.at_pins} image" if self.at_pins else ""
        return f"{self.images} images, {self.differing} differ; board at its pins{over}: {board}"

    @property
    def failures(self) -> list[str]:
        """The checks that failed, one line each, to be printed."""
        found = []
        if self.differing:
            found.append(
                f"{self.differing} of {self.images} images differ in the synthesised netlist, "
                f"first: {self.first_difference}"
            )
        if self.fault is not None:
            found.append(f"the synthesised board at its pins: {self.fault}")
        return found


@dataclass(frozen=True, kw_only=True)
class Report:
    """All results of a build; those of steps that were not run are None.

    ``clock`` is in Hz, ``interval`` and ``latency`` are the plan's exact cycles, ``entry`` is the
    number of pixels in a beat of the input, ``slots`` the images that the link buffers,
    ``activations`` the statistics of every sign, ``sections`` the facts of single sections, by name
    (`hw.emit.sections`). ``title`` is what was built for which device.
    """

    command: str
    tools: dict[str, str]
    hashes: dict[str, str]
    network: dict[str, Any]
    board: str
    device: str
    clock: float
    interval: int
    latency: int
    frames_per_second: float
    counts: Counts
    available: Resources
    energy: Energy
    layers: tuple[LayerReport, ...]
    rest: Counts
    entry: int = 1
    slots: Slots = field(default_factory=lambda: Slots(count=2))
    energy_note: str = CAVEAT
    simulation: Simulation | None = None
    proofs: Proofs | None = None
    netlist: NetlistSimulation | None = None
    timing: Timing | None = None
    activations: tuple[Activations, ...] = ()
    sections: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    title: str = ""

    def text(self) -> str:
        """The report as the text of ``report.json``."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(path: Path) -> Report:
    """Read a file that `Report.text` was written to; ValueError for any other."""
    return TypeAdapter(Report).validate_json(path.read_text())
