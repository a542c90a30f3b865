"""Place and route with nextpnr: the clock that was reached and what lies where."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

from boards.resources import Resources
from hw.emit import floorplan
from hw.emit.family import Family
from hw.emit.synth import NETLIST
from hw.emit.tools import Failure, run

RESULT = "place.json"
LOG = "place.log"
CROWDED = 0.5
"""The share of block memories that are taken from which their places are dealt out beforehand."""

ROUNDED = 0.002
"""By how much the constraint may be off the clock behind a PLL: nextpnr counts the period of its
oscillation, a nanosecond at least, in whole picoseconds."""

_GIVEN, _TRIED = "given.json", "tried.json"

_PHASES = (
    ("Packing", "packing"),
    ("Creating initial analytic placement", "placing"),
    ("Running Static placer", "placing"),
    ("Running simulated annealing", "refining the placement"),
    ("Routing globals", "routing clocks"),
    ("Setting up routing queue", "routing"),
    ("Running router2", "routing"),
    ("Routing complete", "timing"),
)
"""What nextpnr prints when a phase begins, and what to call it."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A routed design: the seed it came from, its clock in Hz, and the cells per kept module."""

    seed: int
    tried: tuple[int, ...]
    asked: float
    achieved: float
    parts: dict[str, Resources]
    available: Resources

    @property
    def met(self) -> bool:
        return self.achieved >= self.asked

    @property
    def failures(self) -> list[str]:
        """What did not hold, as lines for a person."""
        if self.met:
            return []
        return [
            f"the clock reaches {self.achieved / 1e6:.1f} MHz of {self.asked / 1e6:g} with seeds "
            f"{', '.join(map(str, self.tried))}; no bitstream was packed; give "
            f"--clock {int(self.achieved / 1e6)}, or a smaller --fill"
        ]

    @property
    def total(self) -> Resources:
        return sum(self.parts.values(), Resources())


def place(
    family: Family,
    folder: Path,
    device: Sequence[str],
    keep: Sequence[str],
    *,
    clock: float,
    seeds: Sequence[int] = (1, 2, 3),
    crowded: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Placement:
    """Place and route design.json, anew where ``clock`` in Hz is not met: with a seed by all the
    family's ways of placing, then with the next seed.

    Where it is ``crowded`` with memories, their places are found by a placement before, as of
    `hw.emit.floorplan`, and the first way is the only one.

    The first that meets the clock is kept, else the fastest of all; its configuration is
    ``family.configuration``. Whether the clock was met is the caller's to judge by `Placement.met`.
    ``say`` is told every phase as it begins.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does; also when the design does not fit the device.
    """
    if not seeds:
        raise ValueError("no seed to place with")
    best: Placement | None = None
    given = (family.constrain, family.constraints, "--freq", f"{clock / 1e6:.6f}")
    options = (*device, *given, "--timing-allow-fail")
    ways = [(*options, *way) for way in family.placing[: 1 if crowded else None]]
    netlist = _prepared(family, folder)
    if crowded and family.memory:
        netlist = _fixed(family, folder, netlist, ways[0], seeds[0], say)
    for seed, way in product(seeds, ways):
        one = _attempt(family, folder, netlist, way, keep, clock, seed, say)
        if best is None or one.achieved > best.achieved:
            best = one
            (folder / _files(seed)[0]).replace(folder / family.configuration)
        if one.met:
            break
    (folder / _GIVEN).unlink(missing_ok=True)
    assert best is not None
    result = replace(best, tried=tuple(seeds[: seeds.index(seed) + 1]))
    (folder / RESULT).write_text(json.dumps(asdict(result), indent=1) + "\n")
    return result


def read(folder: Path) -> Placement:
    """What `place` found the last time."""
    kept = json.loads((folder / RESULT).read_text())
    return Placement(
        seed=kept["seed"],
        tried=tuple(kept["tried"]),
        asked=kept["asked"],
        achieved=kept["achieved"],
        parts={name: Resources(**cells) for name, cells in kept["parts"].items()},
        available=Resources(**kept["available"]),
    )


def phase(line: str) -> str | None:
    """The name of the phase that a line of nextpnr's log begins."""
    return next((name for text, name in _PHASES if text in line), None)


def timing(seed: int) -> str:
    """The name of nextpnr's own report."""
    return f"seed{seed}.report.json"


def _files(seed: int) -> tuple[str, str, str]:
    return f"seed{seed}.config", timing(seed), f"seed{seed}.placed.json"


def _prepared(family: Family, folder: Path) -> str:
    """The name of the netlist as the family's placer reads it."""
    if family.prepare is None:
        return NETLIST
    design = json.loads((folder / NETLIST).read_text())
    family.prepare(design["modules"])
    (folder / _GIVEN).write_text(json.dumps(design))
    return _GIVEN


def _fixed(
    family: Family,
    folder: Path,
    netlist: str,
    options: Sequence[str],
    seed: int,
    say: Callable[[str], None],
) -> str:
    """The name of a netlist whose memories have their places."""
    assert family.memory is not None
    say("placing memories")
    run(
        family.placer, *options, "--json", netlist, "--seed", str(seed), "--no-route",
        "--write", _TRIED, folder=folder, log=LOG,
    )  # fmt: skip
    tried = json.loads((folder / _TRIED).read_text())["modules"]["top"]["cells"]
    (folder / _TRIED).unlink()
    design = json.loads((folder / netlist).read_text())
    floorplan.fix(design["modules"], floorplan.assigned(tried, *family.memory))
    (folder / _GIVEN).write_text(json.dumps(design))
    return _GIVEN


def _attempt(
    family: Family,
    folder: Path,
    netlist: str,
    options: Sequence[str],
    keep: Sequence[str],
    clock: float,
    seed: int,
    say: Callable[[str], None],
) -> Placement:
    def watch(line: str) -> None:
        if found := phase(line):
            say(f"seed {seed}: {found}")

    configuration, report, placed = _files(seed)
    run(
        family.placer, *options, "--json", netlist, "--seed", str(seed), "--write", placed,
        family.configure, configuration, "--report", report, folder=folder, log=LOG, watch=watch,
    )
    result = json.loads((folder / report).read_text())
    cells = json.loads((folder / placed).read_text())["modules"]["top"]["cells"]
    (folder / placed).unlink()  # a large file that only held these counts
    return Placement(
        seed=seed,
        tried=(seed,),
        asked=clock,
        achieved=fmax(result["fmax"], clock),
        parts=family.placed(cells, keep),
        available=family.available(result["utilization"]),
    )


def fmax(clocks: dict[str, dict[str, float]], asked: float) -> float:
    """Fmax in Hz of the design's own clock: the one whose constraint is the asked one.

    A clock with another constraint, such as the oscillator before the PLL, must meet its own.
    """
    own = []
    for name, clock in clocks.items():
        if abs(clock["constraint"] * 1e6 - asked) <= ROUNDED * asked:
            own.append(clock["achieved"] * 1e6)
        elif clock["achieved"] < clock["constraint"]:
            raise Failure(
                f"clock {name} reaches {clock['achieved']:.1f} MHz of {clock['constraint']:.1f}"
            )
    if not own:
        raise Failure(f"no clock of {asked / 1e6:.2f} MHz in nextpnr's report, only {list(clocks)}")
    return min(own)
