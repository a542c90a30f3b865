"""Place and route with nextpnr: the clock that was reached and what lies where."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hw.emit.family import Family
from hw.emit.synth import NETLIST
from hw.emit.tools import Failure, run
from hw.plan.plan import Resources

RESULT = "place.json"
LOG = "place.log"

_PHASES = (
    ("Packing", "packing"),
    ("Creating initial analytic placement", "placing"),
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
    say: Callable[[str], None] = lambda _: None,
) -> Placement:
    """Place and route design.json, with the next seed where ``clock`` in Hz is not met.

    The first seed that meets the clock is kept, else the fastest of all; its configuration is
    ``family.configuration``. Whether the clock was met is the caller's to judge by `Placement.met`.
    ``say`` is told every phase as it begins.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does; also when the design does not fit the device.
    """
    best: Placement | None = None
    tried: list[int] = []
    for seed in seeds:
        tried.append(seed)
        one = _attempt(family, folder, device, keep, clock, seed, say)
        if best is None or one.achieved > best.achieved:
            best = one
            (folder / _files(seed)[0]).replace(folder / family.configuration)
        if one.met:
            break
    if best is None:
        raise ValueError("no seed to place with")
    result = replace(best, tried=tuple(tried))
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


def _files(seed: int) -> tuple[str, str, str]:
    return f"seed{seed}.config", f"seed{seed}.report.json", f"seed{seed}.placed.json"


def _attempt(
    family: Family,
    folder: Path,
    device: Sequence[str],
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
        family.placer, *device, "--json", NETLIST, family.constrain, family.constraints,
        family.configure, configuration, "--report", report, "--write", placed,
        "--seed", str(seed), "--freq", f"{clock / 1e6:.6f}", "--timing-allow-fail",
        folder=folder, log=LOG, watch=watch,
    )
    result = json.loads((folder / report).read_text())
    cells = json.loads((folder / placed).read_text())["modules"]["top"]["cells"]
    (folder / placed).unlink()  # a large file that only held these counts
    return Placement(
        seed=seed,
        tried=(seed,),
        asked=clock,
        achieved=_achieved(result["fmax"], clock),
        parts=family.placed(cells, keep),
        available=family.available(result["utilization"]),
    )


def _achieved(clocks: dict[str, dict[str, float]], asked: float) -> float:
    """Fmax in Hz of the design's own clock: the one whose constraint is the asked one.

    A clock with another constraint, such as the oscillator before the PLL, must meet its own.
    """
    own = []
    for name, clock in clocks.items():
        if abs(clock["constraint"] * 1e6 - asked) <= 0.01 * asked:
            own.append(clock["achieved"] * 1e6)
        elif clock["achieved"] < clock["constraint"]:
            raise Failure(
                f"clock {name} reaches {clock['achieved']:.1f} MHz of {clock['constraint']:.1f}"
            )
    if not own:
        raise Failure(f"no clock of {asked / 1e6:.2f} MHz in nextpnr's report, only {list(clocks)}")
    return min(own)
