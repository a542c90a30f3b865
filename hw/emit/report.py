"""The report: what a build made, beside what was planned; ``report.json`` is its only source."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from boards.resources import Resources
from hw.emit.energy import CAVEAT, Energy
from hw.network.nodes.operations import Operations
from hw.plan.plan import Folding, Slots

FILE = "report.json"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Fabric cells of one part: as planned, after synthesis, after placement."""

    estimate: Resources
    synthesised: Resources | None = None
    placed: Resources | None = None


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """One product of the network on the device.

    ``utilisation`` is the share of cycles its lanes work, ``share`` its part of the frame's
    energy with counter. ``gates`` counts operators of the netlist by kind, before they are mapped
    to LUTs, and ``cells`` what they were mapped to (LUT4, CCU2C carries, TRELLIS_FF, DP16KD);
    None without synthesis.
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


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The routed clock: Hz asked and reached, and the seeds that were tried for it."""

    asked: float
    achieved: float
    met: bool
    seed: int
    tried: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Co-simulation of design.v: how many images, how many differ, and what the clock counted.

    Parameters
    ----------
    source : where the images came from.
    differing : images of which any score or the class is not the integer reference's.
    differing_pytorch : images whose class is not PyTorch's.
    rounded_pytorch : those of them whose class is that of exact scores: ties that float32 rounds.
    allowed : of the others, how many are no failure.
    correct : images whose class is the label; None without labels.
    latency_cycles : first pixel in to answer out, of the first frame.
    cycles_per_frame : in the steady state; None for a single frame.
    first_difference : image, layer, channel and place of the first that differs.
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

    @property
    def failures(self) -> list[str]:
        """What did not hold, as lines for a person."""
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
    """What a design names beside design.v, against the plain forms that design.v has.

    Parameters
    ----------
    proved : modules of cells that equal theirs for all inputs.
    memories, words : components whose blocks hold every word that they must, and those words.
    simulated : by its name why one is not proved: it is simulated only.
    refuted : by its name the core and how it differs.
    others : cells of the board itself, such as pins, by their kind.
    """

    proved: tuple[str, ...]
    memories: int = 0
    words: int = 0
    simulated: dict[str, str] = field(default_factory=dict)
    refuted: dict[str, str] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """What did not hold, as lines for a person."""
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
    """Co-simulation of the synthesised netlist, of the layers and of the whole board at its pins.

    Parameters
    ----------
    omitted : why nothing was simulated; empty where it was.
    source : where the images came from.
    images, differing, first_difference : as of `Simulation`, of the layers without the serial line.
    at_pins : images that went over the serial line, beside INFO, an unknown command and a broken
        frame.
    fault : the first answer of the board that was another than it should be.
    """

    omitted: str = ""
    source: str = ""
    images: int = 0
    differing: int = 0
    first_difference: str | None = None
    at_pins: int = 0
    fault: str | None = None

    def __str__(self) -> str:
        """What was compared, as a line for a person."""
        if self.omitted:
            return f"not simulated: {self.omitted}"
        board = "its answers are right" if self.fault is None else "its answers are WRONG"
        over = f", with {self.at_pins} image" if self.at_pins else ""
        return f"{self.images} images, {self.differing} differ; board at its pins{over}: {board}"

    @property
    def failures(self) -> list[str]:
        """What did not hold, as lines for a person."""
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
    """Everything a build found; parts it did not come to are None.

    ``clock`` is in Hz, ``interval`` and ``latency`` are the plan's exact cycles, ``entry`` the
    pixels of a beat that enters, ``slots`` the images that the link keeps.
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
    gates: dict[str, int] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def text(self) -> str:
        """The report as the text of ``report.json``."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(path: Path) -> Report:
    """Read what `Report.text` gave; ValueError for anything else."""
    return TypeAdapter(Report).validate_json(path.read_text())
