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

GIVEN, _FREE, _TRIED = "given.json", "free.json", "tried.json"
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
    """A routed design: its seed, its clock in Hz, and the resources of every kept module.

    ``constraint`` is the clock that nextpnr was told. Where `hw.emit.highest` searched for the
    clock, ``asked`` is the one that was found, and ``searched`` has what every attempt was told and
    what it reached.
    """

    seed: int
    tried: tuple[int, ...]
    asked: float
    achieved: float
    modules: dict[str, Resources]
    available: Resources
    constraint: float
    searched: tuple[tuple[float, float], ...] = ()

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
    ways = [(*options(family, device, clock), *way) for way in ways_of(family, blocks)]
    netlist = prepared(family, folder, ways[0], seeds[0], blocks, say)
    for seed, way in product(seeds, ways):
        one = attempt(family, folder, netlist, way, keep, clock, seed, say)
        if best is None or one.achieved > best.achieved:
            best = one
            take(family, folder, seed)
        if one.met:
            break
    (folder / GIVEN).unlink(missing_ok=True)
    assert best is not None
    return kept(folder, replace(best, tried=tuple(seeds[: seeds.index(seed) + 1])))


def take(family: Family, folder: Path, seed: int) -> None:
    """Give the files of the attempt just made the names of the best one's."""
    (folder / files(seed)[0]).replace(folder / family.configuration)
    for name in (FLOOR, ENDPOINTS):
        (folder / _of(seed, name)).replace(folder / name)
    # Another way with the same seed writes a report of the same name.
    (folder / timing(seed)).replace(folder / _BEST)


def kept(folder: Path, placement: Placement) -> Placement:
    """The placement, the last that was taken, noted in a folder for `read`."""
    (folder / _BEST).replace(folder / timing(placement.seed))
    (folder / RESULT).write_text(json.dumps(asdict(placement), indent=1) + "\n")
    return placement


def options(family: Family, device: Sequence[str], clock: float) -> tuple[str, ...]:
    """nextpnr's options for a clock in Hz, however its cells are placed."""
    constrained = (each.format(family.constraints) for each in family.constrain)
    return (*device, *constrained, "--freq", f"{clock / 1e6:.6f}", "--timing-allow-fail")


def ways_of(family: Family, blocks: int) -> tuple[tuple[str, ...], ...]:
    """The ways to place that are tried with every seed; ``blocks`` as of `place`."""
    return family.placing[: 1 if blocks else None]


def read(folder: Path) -> Placement:
    """The placement that `place` left in a folder."""
    noted = json.loads((folder / RESULT).read_text())
    return Placement(
        seed=noted["seed"],
        tried=tuple(noted["tried"]),
        asked=noted["asked"],
        achieved=noted["achieved"],
        modules={name: Resources(**cells) for name, cells in noted["modules"].items()},
        available=Resources(**noted["available"]),
        constraint=noted["constraint"],
        searched=tuple((asked, achieved) for asked, achieved in noted["searched"]),
    )


def phase(line: str) -> str | None:
    """The name of the phase that a line of nextpnr's log begins."""
    return next((name for text, name in _PHASES if text in line), None)


def timing(seed: int) -> str:
    """Name of the file with nextpnr's own report on a seed."""
    return f"seed{seed}.report.json"


def files(seed: int) -> tuple[str, str, str]:
    """Names of the configuration, of nextpnr's report and of the placed netlist of a seed."""
    return f"seed{seed}.config", timing(seed), f"seed{seed}.placed.json"


def _of(seed: int, name: str) -> str:
    """Name of a seed's own file until it is known to be the best."""
    return f"seed{seed}.{name}"


def prepared(
    family: Family,
    folder: Path,
    way: Sequence[str],
    seed: int,
    blocks: int,
    say: Callable[[str], None],
) -> str:
    """Name of the netlist that the placer reads: a copy, where the family has to change it or
    block memories are given their places."""
    netlist = NETLIST
    if family.prepare is not None:
        design = json.loads((folder / NETLIST).read_text())
        family.prepare(design["modules"])
        (folder / GIVEN).write_text(json.dumps(design))
        netlist = GIVEN
    if blocks and family.memory:
        netlist = _fixed(family, family.memory, folder, netlist, way, seed, blocks, say)
    return netlist


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
    (folder / GIVEN).write_text(json.dumps(design))
    return GIVEN


def attempt(
    family: Family,
    folder: Path,
    netlist: str,
    options: Sequence[str],
    keep: Sequence[str],
    clock: float,
    seed: int,
    say: Callable[[str], None],
    *,
    whole: bool = False,
) -> Placement:
    """Place and route once; with ``whole`` the placed netlist stays beside the configuration."""

    def watch(line: str) -> None:
        if found := phase(line):
            say(f"seed {seed}: {found}")

    configuration, report, placed = files(seed)
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
        if not whole:
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
        constraint=clock,
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
