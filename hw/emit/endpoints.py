"""The endpoints of a routed design: every pin of a register, and how late a signal comes there.

nextpnr's detailed report of timing names them all, the SDF beside it the setup of each. Both are
large; what is kept are the delays in picoseconds, by layer, register and pin.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw.emit import sdf
from hw.emit.clock import is_own
from hw.emit.critical import signal
from hw.emit.family import home

DETAILS = "detailed_net_timings"
"""Key of the endpoints in nextpnr's report, where they were asked for."""

FASTER = (0, 5, 10, 20, 40)
"""Clocks for which endpoints are counted, in percent above the one that was reached."""

MOST = 10
"""Registers that a report names."""

_DIGITS = re.compile(r"(_?\d+|\[\d+\])+$")

_NUMBERS = re.compile(r"\d+(\.\d+)*")

_SECOND = 1e12 * (1 - 1e-9)
"""Picoseconds, less what is lost when a delay becomes a frequency."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """The endpoints at one pin of a register or a memory: one for each of its bits and copies.

    ``place`` is its kept module or layer, ``name`` its name within, with ``*`` for numbers, ``pin``
    the pin's without a number: data, enable or reset, as its family calls it. ``delays`` are the
    picoseconds that each of them asks of a clock's cycle, setup included, in descending order.
    """

    place: str
    name: str
    pin: str
    delays: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Slow:
    """Endpoints of a register or layer: their number, those that hold the clock at or below each of
    some others, and the seconds of the slowest."""

    layer: str
    name: str
    pin: str
    count: int
    holding: tuple[int, ...]
    seconds: float

    @property
    def figures(self) -> list[str]:
        """The slowest, their number, and those that hold each clock, as tables have them."""
        holding = (f"{count:,}" if count else "-" for count in self.holding)
        return [f"{self.seconds * 1e9:.2f} ns", f"{self.count:,}", *holding]


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """The endpoints of a design, as its report tells of them.

    Parameters
    ----------
    clocks : frequencies in Hz for which they were counted.
    count : number of endpoints.
    holding : those that hold the clock at or below each of ``clocks``.
    slowest : of the registers, those with the slowest endpoints.
    """

    clocks: tuple[float, ...]
    count: int
    holding: tuple[int, ...]
    slowest: tuple[Slow, ...]


def gather(
    report: Mapping[str, Any], delays: Path, keep: Sequence[str], asked: float
) -> list[Register]:
    """The endpoints of the design's own clock, the slowest register first.

    Nothing where they do not add up to the clock that nextpnr reports, so that none is told wrong.

    Parameters
    ----------
    report : nextpnr's report with `DETAILS`.
    delays : the SDF file beside it.
    keep : paths of the kept modules.
    asked : frequency of the clock in Hz, by which it is found.
    """
    own = {name: clock for name, clock in report["fmax"].items() if is_own(clock, asked)}
    found: dict[tuple[str, str, str], list[int]] = {}
    for cell, pin, delay in _ends(report.get(DETAILS, ()), sdf.late(delays), own):
        path = home(cell, keep)
        name = _NUMBERS.sub("*", signal(cell, path))
        found.setdefault((path, name, _DIGITS.sub("", pin)), []).append(delay)
    made = (Register(place=place, name=name, pin=pin, delays=tuple(sorted(each, reverse=True)))
            for (place, name, pin), each in found.items())
    registers = sorted(made, key=lambda each: (-each.delays[0], each.place, each.name, each.pin))
    agreed = min((clock["achieved"] for clock in own.values()), default=0)
    return registers if registers and round(1e6 / agreed) == registers[0].delays[0] else []


def write(path: Path, registers: Iterable[Register]) -> None:
    """Write registers as JSON, a line for each."""
    lines = (json.dumps([each.place, each.name, each.pin, each.delays], separators=(",", ":"))
             for each in registers)
    path.write_text("[" + ",\n ".join(lines) + "]\n")


def read(path: Path, names: Mapping[str, str]) -> list[Register]:
    """The registers that `write` wrote, with the name of every place by its path."""
    return [Register(place=names[place], name=name, pin=pin, delays=tuple(delays))
            for place, name, pin, delays in json.loads(path.read_text())]


def told(registers: Sequence[Register]) -> Endpoints | None:
    """The endpoints as a report tells of them; None of none."""
    if not registers:
        return None
    clocks = faster(registers)
    whole = counted(registers, clocks)
    return Endpoints(clocks=clocks, count=whole.count, holding=whole.holding,
                     slowest=tuple(counted([each], clocks) for each in registers[:MOST]))


def faster(registers: Sequence[Register]) -> tuple[float, ...]:
    """The clocks in Hz that are `FASTER` than what the slowest endpoint allows."""
    return tuple(1e12 / registers[0].delays[0] * (1 + each / 100) for each in FASTER)


def layers(registers: Iterable[Register]) -> list[list[Register]]:
    """Registers by layer, the layer with the slowest of them first."""
    every: dict[str, list[Register]] = {}
    for each in registers:
        every.setdefault(each.place, []).append(each)
    return [*every.values()]


def counted(registers: Sequence[Register], clocks: Sequence[float]) -> Slow:
    """The endpoints of some registers, under the name of the first, which is the slowest."""
    first, delays = registers[0], [delay for each in registers for delay in each.delays]
    holding = tuple(sum(delay * clock >= _SECOND for delay in delays) for clock in clocks)
    return Slow(layer=first.place, name=first.name, pin=first.pin, count=len(delays),
                holding=holding, seconds=first.delays[0] * 1e-12)


def _ends(
    nets: Iterable[Mapping[str, Any]], late: Mapping[sdf.Pin, int], own: Iterable[str]
) -> Iterator[tuple[str, str, int]]:
    """Cell, pin and delay in a cycle of every endpoint whose signal starts at its own clock edge.

    Where signals of several clocks come to a pin, nextpnr lists it as often, and names the clock
    of one of them only: that of the latest is told.
    """
    edges = {f"{edge} {name}" for edge in ("posedge", "negedge") for name in own}
    for net in nets:
        if (edge := net["event"]) not in edges:
            continue
        latest: dict[sdf.Pin, float] = {}
        for end in net["endpoints"]:
            if end["event"] == edge:
                pin = end["cell"], sdf.pin_name(end["port"])
                latest[pin] = max(latest.get(pin, 0), end["delay"][1])
        for pin, arrival in latest.items():
            yield *pin, round(arrival * 1000) + late.get(pin, 0)
