"""Place and route with nextpnr: the clock that was reached, and the resources of every module."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

from boards.resources import Resources
from hw.emit import endpoints, floorplan
from hw.emit.clock import is_own
from hw.emit.family import Family, Memory
from hw.emit.synth import NETLIST
from hw.emit.tools import Failure, run

RESULT = "place.json"
LOG = "place.log"
FLOOR = "floor.json"
"""Where the cells of every kept module are, as of `hw.emit.floorplan.read`."""
ENDPOINTS = "endpoints.json"
"""File of the delays to every register, as of `hw.emit.endpoints.read`."""
CROWDED = 0.5
"""Share of the block memories in use above which `hw.emit.floorplan` assigns their places."""

_GIVEN, _FREE, _TRIED = "given.json", "free.json", "tried.json"
_DELAYS, _BEST = "delays.sdf", "best.report.json"

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
"""Texts that nextpnr prints when a phase begins, each with the phase's name."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A routed design: its seed, its clock in Hz, and the resources of every kept module."""

    seed: int
    tried: tuple[int, ...]
    asked: float
    achieved: float
    modules: dict[str, Resources]
    available: Resources

    @property
    def met(self) -> bool:
        return self.achieved >= self.asked

    @property
    def failures(self) -> list[str]:
        """The checks that failed, one line each, to be printed."""
        if self.met:
            return []
        return [
            f"the clock reaches {self.achieved / 1e6:.1f} MHz of {self.asked / 1e6:g} with seeds "
            f"{', '.join(map(str, self.tried))}; no bitstream was packed; give "
            f"--clock {int(self.achieved / 1e6)}, or a smaller --fill"
        ]

    @property
    def total(self) -> Resources:
        return sum(self.modules.values(), Resources())


def place(
    family: Family,
    folder: Path,
    device: Sequence[str],
    keep: Sequence[str],
    *,
    clock: float,
    seeds: Sequence[int] = (1, 2, 3),
    blocks: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Placement:
    """Place and route design.json until ``clock`` in Hz is met, or all attempts have been made.

    Each seed is tried with every entry of ``family.placing`` before the next seed. Where
    `hw.emit.floorplan` is to give the design's block memories some of the device's ``blocks``, it
    does so by a first placement, and only the first entry is tried.

    The first attempt that meets the clock is kept, else the fastest of all; its configuration is
    ``family.configuration``. A clock that is not met raises nothing: the caller looks at
    `Placement.met`. ``say`` is called with every phase as it begins.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does; also when the design does not fit the device.
    """
    if not seeds:
        raise ValueError("no seed to place with")
    best: Placement | None = None
    constrained = (each.format(family.constraints) for each in family.constrain)
    given = (*constrained, "--freq", f"{clock / 1e6:.6f}")
    options = (*device, *given, "--timing-allow-fail")
    ways = [(*options, *way) for way in family.placing[: 1 if blocks else None]]
    netlist = _prepared(family, folder)
    if blocks and family.memory:
        netlist = _fixed(family, family.memory, folder, netlist, ways[0], seeds[0], blocks, say)
    for seed, way in product(seeds, ways):
        one = _attempt(family, folder, netlist, way, keep, clock, seed, say)
        if best is None or one.achieved > best.achieved:
            best = one
            (folder / _files(seed)[0]).replace(folder / family.configuration)
            for name in (FLOOR, ENDPOINTS):
                (folder / _of(seed, name)).replace(folder / name)
            # Another way with the same seed writes a report of the same name.
            (folder / timing(seed)).replace(folder / _BEST)
        if one.met:
            break
    (folder / _GIVEN).unlink(missing_ok=True)
    assert best is not None
    (folder / _BEST).replace(folder / timing(best.seed))
    result = replace(best, tried=tuple(seeds[: seeds.index(seed) + 1]))
    (folder / RESULT).write_text(json.dumps(asdict(result), indent=1) + "\n")
    return result


def read(folder: Path) -> Placement:
    """The placement that `place` left in a folder."""
    kept = json.loads((folder / RESULT).read_text())
    return Placement(
        seed=kept["seed"],
        tried=tuple(kept["tried"]),
        asked=kept["asked"],
        achieved=kept["achieved"],
        modules={name: Resources(**cells) for name, cells in kept["modules"].items()},
        available=Resources(**kept["available"]),
    )


def phase(line: str) -> str | None:
    """The name of the phase that a line of nextpnr's log begins."""
    return next((name for text, name in _PHASES if text in line), None)


def timing(seed: int) -> str:
    """Name of the file with nextpnr's own report on a seed."""
    return f"seed{seed}.report.json"


def _files(seed: int) -> tuple[str, str, str]:
    return f"seed{seed}.config", timing(seed), f"seed{seed}.placed.json"


def _of(seed: int, name: str) -> str:
    """Name of a seed's own file until it is known to be the best."""
    return f"seed{seed}.{name}"


def _prepared(family: Family, folder: Path) -> str:
    """Name of the netlist that the placer reads: a copy, where the family has to change it."""
    if family.prepare is None:
        return NETLIST
    design = json.loads((folder / NETLIST).read_text())
    family.prepare(design["modules"])
    (folder / _GIVEN).write_text(json.dumps(design))
    return _GIVEN


def _fixed(
    family: Family,
    memory: Memory,
    folder: Path,
    netlist: str,
    options: Sequence[str],
    seed: int,
    blocks: int,
    say: Callable[[str], None],
) -> str:
    """Name of a netlist in which every block memory has its place, from a placement tried here."""
    say("placing memories")
    design = json.loads((folder / netlist).read_text())
    floorplan.free(design["modules"], memory, blocks)
    (folder / _FREE).write_text(json.dumps(design))
    run(
        family.placer, *options, "--json", _FREE, "--seed", str(seed), "--no-route",
        "--write", _TRIED, folder=folder, log=LOG,
    )  # fmt: skip
    tried = json.loads((folder / _TRIED).read_text())["modules"]["top"]["cells"]
    for name in (_FREE, _TRIED):
        (folder / name).unlink()
    design = json.loads((folder / netlist).read_text())
    floorplan.fix(design["modules"], floorplan.assigned(tried, memory))
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
        *(each.format(configuration) for each in family.configure), "--report", report,
        "--detailed-timing-report", "--sdf", _DELAYS, folder=folder, log=LOG, watch=watch,
    )  # fmt: skip
    result = json.loads((folder / report).read_text())
    found = endpoints.gather(result, folder / _DELAYS, keep, clock)
    endpoints.write(folder / _of(seed, ENDPOINTS), found)
    # Both are large, and the endpoints are all that was wanted of them.
    (folder / _DELAYS).unlink()
    result.pop(endpoints.DETAILS, None)
    (folder / report).write_text(json.dumps(result) + "\n")
    cells = json.loads((folder / placed).read_text())["modules"]["top"]["cells"]
    if family.configure:
        (folder / placed).unlink()  # a large file that only held these counts and places
    else:
        (folder / placed).replace(folder / configuration)
    floorplan.write(folder / _of(seed, FLOOR), floorplan.occupied(cells, keep))
    return Placement(
        seed=seed,
        tried=(seed,),
        asked=clock,
        achieved=fmax(result["fmax"], clock),
        modules=family.placed(cells, keep),
        available=family.available(result["utilization"]),
    )


def fmax(clocks: dict[str, dict[str, float]], asked: float) -> float:
    """Fmax in Hz of the design's own clock, by nextpnr's report: the one constrained to ``asked``.

    Any other clock, such as the oscillator before the PLL, must meet its own constraint.
    """
    own = []
    for name, clock in clocks.items():
        if is_own(clock, asked):
            own.append(clock["achieved"] * 1e6)
        elif clock["achieved"] < clock["constraint"]:
            raise Failure(
                f"clock {name} reaches {clock['achieved']:.1f} MHz of {clock['constraint']:.1f}"
            )
    if not own:
        raise Failure(f"no clock of {asked / 1e6:.2f} MHz in nextpnr's report, only {list(clocks)}")
    return min(own)
