"""``python -m benchmarks.constants``: units with constant weights on ECP5, placed and routed."""

import argparse
import json
import random
import statistics
import subprocess
import time
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import numpy as np
from amaranth import ClockSignal, Instance, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from rich.progress import track

from benchmarks import lanes
from benchmarks.lanes import ASKED, LARGE, ROOT, TOOLS, measure
from hw.cores.adders import Adders
from hw.cores.constantsum import ConstantSum
from hw.cores.mvu import Mvu, WeightsHome
from hw.cores.sharing import Sharing
from hw.network.fold import fold
from hw.network.layers import Product
from hw.plan import memory
from model.checkpoint import load
from model.refusal import refusing

TABLE = ROOT / "benchmarks" / "CONSTANTS.md"
BUILD = ROOT / "build" / "benchmark-constants"
PEER = "da4ml==0.6.0"
SIZES = ((32, 63), (64, 126), (64, 576))
"""Outputs and inputs."""

BLOCKS = (1, 2, 4, 8, 16, 64)
"""Outputs that share."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Weights with a name, of random bits if there are no rows; bit s of a row is input s."""

    outputs: int
    inputs: int
    element: int = 1
    name: str = "random"
    rows: tuple[int, ...] = ()

    @property
    def weights(self) -> tuple[int, ...]:
        rng = random.Random(self.outputs * self.inputs)
        return self.rows or tuple(rng.getrandbits(self.inputs) for _ in range(self.outputs))

    @property
    def word(self) -> int:
        return sum(row << p * self.inputs for p, row in enumerate(self.weights))

    def limits(self) -> list[int]:
        """About where sums are; of integers, too."""
        rng, spread = random.Random(self.inputs), self.inputs << max(self.element - 3, 0)
        middle = self.inputs // 2 if self.element == 1 else 0
        return [middle + rng.randrange(-spread // 6, spread // 6 + 1) for _ in self.weights]

    @property
    def text(self) -> str:
        bits = f" of {self.element} bits" if self.element > 1 else ""
        return f"{self.outputs} on {self.inputs}{bits}, {self.name}"


@dataclass(frozen=True, kw_only=True)
class Point:
    """A unit of one of three forms: "mvu" with thresholds, sums alone, or those of the peer."""

    matrix: Matrix
    form: str = "mvu"
    home: WeightsHome = "logic"
    levels: int = 2
    pixels: int = 1
    plain: bool = False

    @property
    def lanes(self) -> int:
        return self.matrix.outputs * self.matrix.inputs * self.pixels

    @property
    def folder(self) -> Path:
        matrix = self.matrix
        name = f"{matrix.outputs}x{matrix.inputs}x{matrix.element}-{matrix.name}-{self.form}"
        return BUILD / f"{name}-{self.home}-{self.levels}-{self.pixels}"

    def unit(self) -> wiring.Component:
        matrix = self.matrix
        if self.form != "mvu":
            return Bare(self)
        return Mvu(
            pe=matrix.outputs, simd=matrix.inputs, beats=1, element=matrix.element,
            words=[matrix.word], limits=[matrix.limits() * self.pixels], home=self.home,
            pixels=self.pixels, levels=self.levels,
        )  # fmt: skip


class Bare(wiring.Component):
    """Sums without thresholds, ours or the peer's, between registers."""

    def __init__(self, point: Point) -> None:
        self._point, matrix = point, point.matrix
        self._sums = ConstantSum(
            weights=matrix.word, outputs=matrix.outputs, inputs=matrix.inputs,
            element=matrix.element, levels=point.levels,
        )  # fmt: skip
        width = len(Value.cast(self._sums.o)) + matrix.outputs
        if point.form == "peer":
            width = _width((point.folder / "peer" / "src" / "peer.v").read_text(), "model_out")
        layout = data.StructLayout({"data": matrix.inputs * matrix.element})
        super().__init__({
            "i": In(stream.Signature(layout)),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.i.ready.eq(1), self.o.valid.eq(self.i.valid)]
        if self._point.form == "peer":
            source = self._point.folder / "peer" / "src"
            for file in (*source.glob("*.v"), *source.glob("static/*.v")):
                if file.name != "peer_wrapper.v":
                    platform.add_file(file.name, file.read_text())  # type: ignore[attr-defined]
            m.submodules.sums = Instance(
                "peer", i_clk=ClockSignal(), i_model_inp=self.i.p.data, o_model_out=self.o.p
            )
            return m
        m.submodules.sums = sums = self._sums
        kept = Signal(len(self.o.p))
        counts = Value.cast(sums.o)
        m.d.sync += [kept[: len(counts)].eq(counts), kept[len(counts) :].eq(sums.carry)]
        m.d.comb += [sums.enable.eq(1), sums.i.eq(self.i.p.data), self.o.p.eq(kept)]
        return m


def _width(verilog: str, port: str) -> int:
    """Bits of a port ``[n:0] port``."""
    return int(verilog.split(f":0] {port}")[0].rpartition("[")[2]) + 1


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The environment in which da4ml runs."""

    python: Path
    made: dict[str, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path | None) -> "Peer":
        """The one given, or one made in the build folder."""
        folder = folder or BUILD / "da4ml"
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", PEER], check=True)
        return cls(python=python)

    def make(self, point: Point) -> None:
        """The peer's Verilog for a point, and what its solver says."""
        matrix, folder = point.matrix, point.folder
        folder.mkdir(parents=True, exist_ok=True)
        bits = [[row >> s & 1 for row in matrix.weights] for s in range(matrix.inputs)]
        np.save(folder / "weights.npy", 2 * np.array(bits) - 1)
        script = Path(__file__).with_name("da4ml_sums.py")
        found = subprocess.run(
            [self.python, script, folder / "weights.npy", str(matrix.element), str(point.levels),
             folder / "peer"], check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.made[matrix.text] = json.loads(found.stdout.splitlines()[-1])


def points(first: Matrix, second: Matrix | None) -> list[Point]:
    """Units with thresholds."""
    small = [Matrix(outputs=outputs, inputs=inputs) for outputs, inputs in SIZES[:2]]
    large = Matrix(outputs=SIZES[2][0], inputs=SIZES[2][1])
    found = [Point(matrix=small[0], home="lut", levels=3)]
    found += [Point(matrix=m, levels=levels) for m in small for levels in (1, 2, 3)]
    found += [Point(matrix=small[0], pixels=2), Point(matrix=large)]
    found.append(Point(matrix=first, home="lut", levels=1))
    found += [Point(matrix=first, levels=levels) for levels in (1, 2)]
    return found + ([Point(matrix=second)] if second else [])


def table(rows: Sequence[lanes.Placed]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| outputs on inputs, weights | P | form | LUT4 | FF | LUT4 per synapse |"
        " Fmax, MHz (seeds) |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        point, cells = row.point, row.cells
        seeds = ", ".join(f"{clock / 1e6:.0f}" for clock in row.clocks)
        lines.append(
            f"| {point.matrix.text} | {point.pixels} | {_form(point)} | {cells.lut:,}"
            f" | {cells.ff:,} | {cells.lut / point.lanes:.2f}"
            f" | {statistics.median(row.clocks) / 1e6:.1f} ({seeds}) |"
        )
    return "\n".join(lines) + "\n"


def _form(point: Point) -> str:
    if point.home != "logic":
        unit = "LUT4" if point.matrix.element == 1 else "adders"
        return f"a tree for each output, register every {point.levels} {unit}"
    whose = {"mvu": "shared", "sums": "shared, sums alone", "peer": "da4ml"}[point.form]
    return f"{whose}, register every {point.levels} adders"


def sharing() -> str:
    """Named cells before placement, by how many outputs share, as a Markdown table."""
    lines = ["| outputs on inputs |" + "".join(f" {block} |" for block in BLOCKS)]
    lines.append("|---|" + "---|" * len(BLOCKS))
    for outputs, inputs in SIZES:
        rows = Matrix(outputs=outputs, inputs=inputs).weights
        costs = [
            sum(_cells(rows[k : k + block], inputs) for k in range(0, outputs, block))
            for block in BLOCKS
        ]
        per = [f" {cost:,} ({cost / outputs / inputs:.2f}) |" for cost in costs]
        lines.append(f"| {outputs} on {inputs} |{''.join(per)}")
    return "\n".join(lines) + "\n"


def _cells(rows: Sequence[int], inputs: int) -> int:
    text = Adders(Sharing(rows, inputs=inputs), 2, inputs.bit_length() + 2).module()[1]
    return text.count("LUT4 #") + 2 * text.count("CCU2C #")


def compared(rows: Sequence[lanes.Placed], peer: Peer) -> str:
    """Sums alone against the peer's, as a Markdown table."""
    lines = [
        "| outputs on inputs, weights | sums by | to Verilog, s | solver's adder bits | LUT4 | FF |"
        " Fmax, MHz |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        matrix, cells = row.point.matrix, row.cells
        theirs = row.point.form == "peer"
        made = peer.made[matrix.text] if theirs else {"seconds": _seconds(row.point)}
        counted = f"{made['cost']:,.0f}" if theirs else "-"
        lines.append(
            f"| {matrix.text} | {'da4ml' if theirs else 'Purelogic'} | {made['seconds']:.1f}"
            f" | {counted} | {cells.lut:,} | {cells.ff:,}"
            f" | {statistics.median(row.clocks) / 1e6:.1f} |"
        )
    return "\n".join(lines) + "\n"


def _seconds(point: Point) -> float:
    """From weights to the text of a module."""
    matrix, start = point.matrix, time.monotonic()
    sharing = Sharing(matrix.weights, inputs=matrix.inputs, element=matrix.element)
    Adders(sharing, point.levels, 32).module()
    return time.monotonic() - start


def document(rows: Sequence[lanes.Placed], peers: Sequence[lanes.Placed], peer: Peer) -> str:
    """The whole of benchmarks/CONSTANTS.md."""
    tools = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
    return (
        "# Units with constant weights on LFE5U-85F, speed grade 6\n\n"
        "Written by `python -m benchmarks.constants --checkpoint cnv.pt`. A unit's own cells, after"
        " placement, between registers that are not counted; nextpnr aims at"
        f" {ASKED / 1e6:.0f} MHz with {len(rows[0].clocks)} seeds (one from {LARGE:,} synapses on),"
        " and Fmax is their median. Units have their thresholds and control; carry cells count as"
        " two LUT4.\n\n"
        f"{table(rows)}\n"
        "## How many outputs share\n\n"
        "Cells of the sums alone, before placement, of random bits, and per synapse, where so many"
        " outputs share.\n\n"
        f"{sharing()}\n"
        f"## Beside {PEER}\n\n"
        "Sums alone, no thresholds, with registers around, in the same harness and by the same"
        f" tools, one seed; register every {peers[0].point.levels} adders (of da4ml: its"
        " `latency_cutoff`).\n\n"
        f"{compared(peers, peer)}\n"
        f"Tools: {tools}.\n"
    )


def constants(name: str, product: Product) -> Matrix:
    """The weights of a layer."""
    (word,) = memory.weight_words(product, pe=product.outputs, simd=product.geometry.size)
    size = product.geometry.size
    rows = tuple(word >> p * size & ((1 << size) - 1) for p in range(product.outputs))
    return Matrix(
        outputs=product.outputs, inputs=size, element=memory.element_bits(product), name=name,
        rows=rows,
    )


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.constants", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, help="a network whose first layers are measured")
    parser.add_argument("--da4ml", type=Path, help="an environment in which it is installed")
    parser.add_argument("--seeds", type=int, default=3, help="placements (default 3)")
    parser.add_argument("--jobs", type=int, default=2, help="points at once (default 2)")
    given = parser.parse_args(argv)
    first, second = Matrix(outputs=64, inputs=27, element=8), None
    if given.checkpoint:
        products = fold(load(given.checkpoint)).products
        first, second = (constants(product.name, product) for product in products[:2])
    large = Matrix(outputs=SIZES[2][0], inputs=SIZES[2][1])
    peer = Peer.at(given.da4ml)
    peers = [Point(matrix=m, form=form) for m in (first, large) for form in ("sums", "peer")]
    units = points(first, second)

    def made(point: Point) -> lanes.Placed:
        if point.form == "peer":
            peer.make(point)
        return measure(point, point.folder, given.seeds)

    # The largest first: the last ones to end are short.
    every = sorted([*peers, *units], key=lambda point: point.lanes, reverse=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        waiting = track(pool.map(made, every), "placing", total=len(every))
        rows = dict(zip(every, waiting, strict=True))
    text = document([rows[each] for each in units], [rows[each] for each in peers], peer)
    TABLE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
