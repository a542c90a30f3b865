"""Units with constant weights to measure, and the same sums by another generator, da4ml."""

import json
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from amaranth import ClockSignal, Instance, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from benchmarks.lanes import ROOT
from hw.cores.fabric.home import WeightsHome
from hw.cores.mvu.constantsum import ConstantSum
from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import weight_words
from hw.cores.stream.credit import CreditStream
from hw.network.nodes.product import Product
from hw.plan import memory

BUILD = ROOT / "build" / "benchmark-constants"
PEER = "da4ml"
FILES = ("peer*.v", "static/shift_adder.v", "static/negative.v")
"""Files of the sums that the peer writes; its wrapper is not needed."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A matrix of binary weights; random ones if there are no rows. Bit s of a row is input s."""

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
    def bits(self) -> np.ndarray:
        """The weights as bool (outputs, inputs)."""
        rows = [[row >> s & 1 for s in range(self.inputs)] for row in self.weights]
        return np.array(rows, bool)

    @property
    def word(self) -> int:
        return sum(row << p * self.inputs for p, row in enumerate(self.weights))

    def limits(self) -> list[int]:
        """Limits in the range of the sums, of bits or of integers."""
        rng, spread = random.Random(self.inputs), self.inputs << max(self.element - 3, 0)
        middle = self.inputs // 2 if self.element == 1 else 0
        return [middle + rng.randrange(-spread // 6, spread // 6 + 1) for _ in self.weights]

    @property
    def text(self) -> str:
        bits = f" of {self.element} bits" if self.element > 1 else ""
        return f"{self.outputs} on {self.inputs}{bits}, {self.name}"


SMALL = Matrix(outputs=32, inputs=63)
LARGE = Matrix(outputs=64, inputs=576)
FIRST = Matrix(outputs=64, inputs=27, element=8)


@dataclass(frozen=True, kw_only=True)
class Point:
    """A unit to measure, in one of three forms: "mvu" with thresholds, sums alone, or the peer's.

    ``plain`` leaves the form that is simulated to synthesis, with or without ``abc9``.
    """

    matrix: Matrix
    form: str = "mvu"
    home: WeightsHome = "logic"
    levels: int = 2
    pixels: int = 1
    plain: bool = False
    abc9: bool = True

    @property
    def lanes(self) -> int:
        return self.matrix.outputs * self.matrix.inputs * self.pixels

    @property
    def routed(self) -> bool:
        """False for sums alone with many inputs, which take the router long."""
        return self.form == "mvu" or self.lanes < 10_000

    @property
    def folder(self) -> Path:
        matrix = self.matrix
        words = [f"{matrix.outputs}x{matrix.inputs}x{matrix.element}", matrix.name, self.form]
        words += [self.home, str(self.levels), str(self.pixels)]
        words += ["plain"] * self.plain + ["abc"] * (not self.abc9)
        return BUILD / "-".join(words)

    def unit(self) -> wiring.Component:
        matrix = self.matrix
        if self.form != "mvu":
            return Bare(self)
        sizes = MvuSizes(
            outputs=matrix.outputs, inputs=matrix.inputs, pe=matrix.outputs, simd=matrix.inputs,
            element=matrix.element, home=self.home, pixels=self.pixels, levels=self.levels,
        )  # fmt: skip
        limits = np.tile(matrix.limits(), (1, 1, self.pixels, 1))
        return Mvu(sizes, matrix.bits, limits)


class Bare(wiring.Component):
    """A component of sums without thresholds, ours or the peer's, before a register."""

    def __init__(self, point: Point) -> None:
        self._point, matrix = point, point.matrix
        self._sums = ConstantSum(
            words=[matrix.word], outputs=matrix.outputs, inputs=matrix.inputs,
            element=matrix.element, levels=point.levels,
        )  # fmt: skip
        width = len(Value.cast(self._sums.o)) + matrix.outputs
        if point.form == "peer":
            width = _width((point.folder / "peer" / "src" / "peer.v").read_text(), "model_out")
        layout = data.StructLayout({"data": matrix.inputs * matrix.element})
        super().__init__({
            "i": In(CreditStream(layout)),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.i.room.eq(1), self.o.valid.eq(self.i.valid)]
        if self._point.form == "peer":
            source = self._point.folder / "peer" / "src"
            for file in (file for pattern in FILES for file in source.glob(pattern)):
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
        m.d.comb += [sums.i.eq(self.i.p.data), self.o.p.eq(kept)]
        return m


@dataclass(frozen=True, kw_only=True)
class Peer:
    """da4ml, in an environment of its own with the interpreter ``python``.

    ``made`` has its results for each matrix: seconds, its count of adder bits, and its version.
    """

    python: Path
    made: dict[str, dict[str, float | str]] = field(default_factory=dict)

    def make(self, point: Point, *, kept: bool) -> None:
        """Write the peer's Verilog for a point."""
        matrix, folder = point.matrix, point.folder
        said = folder / "peer.json"
        if not (kept and said.exists()):
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / "weights.npy", 2 * matrix.bits.T.astype(int) - 1)
            script = Path(__file__).with_name("da4ml_sums.py")
            found = subprocess.run(
                [self.python, script, folder / "weights.npy", str(matrix.element),
                 str(point.levels), folder / "peer"], check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            said.write_text(found.stdout.splitlines()[-1] + "\n")
        self.made[matrix.text] = json.loads(said.read_text())


def constants(product: Product) -> Matrix:
    """The weights of a layer as a matrix."""
    size = product.geometry.size
    sizes = MvuSizes(outputs=product.outputs, inputs=size, pe=1, simd=size)
    rows = tuple(weight_words(sizes, product.weights.reshape(product.outputs, size)))
    return Matrix(
        outputs=product.outputs, inputs=size, element=memory.element_bits(product.inputs),
        name=product.name, rows=rows,
    )


def _width(verilog: str, port: str) -> int:
    """Width in bits of a port that is declared as ``[n:0] port``."""
    return int(verilog.split(f":0] {port}")[0].rpartition("[")[2]) + 1
