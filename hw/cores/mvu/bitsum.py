"""Dot products of bits: how many inputs agree with their weights, for several outputs at once."""

from collections.abc import Callable
from dataclasses import dataclass

from amaranth import Module, Shape, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from boards.resources import Resources
from hw.cores.fabric.delay import registered
from hw.cores.fabric.vendor import cells, instance
from hw.cores.fitted import Coefficients, fitted
from hw.cores.mvu import leaf
from hw.cores.mvu.leaf import Leaves
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.split import stages

LEVELS = 3
"""LUT4 from register to register; fewer registers than at 2, and wires, not LUT4, take most of a
cycle."""


class BitSum(wiring.Component):
    """``o[k] + carry[k] = popcount(xnor(i[q], weights[p]))`` for k = q * outputs + p.

    The last product stays apart: at the carry-in of whoever adds the count it is free. On ECP5
    products are counted in `hw.cores.mvu.leaf.Leaves`.

    Parameters
    ----------
    outputs, inputs, pixels : int
        PE, SIMD, and how many vectors of inputs share the weights.
    levels : int
        As of `Popcount`.

    Members
    -------
    i : In(pixels * inputs)
        Registered first.
    weights : In(outputs * inputs)
        Bit ``p * inputs + s``; 1 is +1. From a register: those of the inputs a cycle before.
    o : Out(data.ArrayLayout(shape, pixels * outputs))
    carry : Out(pixels * outputs)

    Attributes
    ----------
    shape : Shape
        Of a count without its carry.
    latency : int
        Cycles from the inputs to the counts.
    match : Signal
        The agreeing bits of every lane, pixel by pixel placed as the weights: what simulation
        counts toggles of.
    """

    def __init__(self, *, outputs: int, inputs: int, levels: int, pixels: int = 1) -> None:
        self._outputs, self._inputs, self._levels = outputs, inputs, levels
        self._counted = counted(inputs)
        self.shape: Shape = unsigned(bits_for(self._counted))
        self.latency = latency(inputs, levels)
        self.match = Signal(pixels * outputs * inputs)
        super().__init__({
            "i": In(pixels * inputs),
            "weights": In(outputs * inputs),
            "o": Out(data.ArrayLayout(self.shape, pixels * outputs)),
            "carry": Out(pixels * outputs),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inputs = registered(m, self.i, "inputs")
        count = self._leaves if cells(platform).named_lut4 else self._popcount
        for lane in range(len(self.o)):
            q, p = divmod(lane, self._outputs)
            x, w = inputs.word_select(q, self._inputs), self.weights.word_select(p, self._inputs)
            last = count(m, platform, lane, x, w)
            m.d.comb += self.carry[lane].eq(registered(m, last, "stage", self.latency - 1))
        return m

    def _popcount(self, m: Module, platform: object, lane: int, x: Value, w: Value) -> Value:
        """Count all products of a lane but the last, which is the result."""
        m.submodules[f"count{lane}"] = count = Popcount(self._counted, self._levels)
        match = self.match.word_select(lane, self._inputs)
        m.d.comb += [
            match.eq(~(x ^ w)),
            count.i.eq(match[: self._counted]),
            self.o[lane].eq(count.o),
        ]
        return match[self._counted :]

    def _leaves(self, m: Module, platform: object, lane: int, x: Value, w: Value) -> Value:
        """The same with the cells of ECP5."""
        leaves, end = Leaves(products=self._counted, levels=self._levels), self._counted
        m.submodules[f"count{lane}"] = instance(
            platform, leaves.name, leaves.verilog(), leaves.plain,
            i_x=x[:end], i_w=w[:end], o_o=self.o[lane],
            a_xnor=end, a_full_adder=leaves.full_adders,
        )  # fmt: skip
        return ~(x[end:] ^ w[end:])


def counted(inputs: int) -> int:
    """Products that a count holds before its carry: all but the last."""
    return max(inputs - 1, 1)


def latency(inputs: int, levels: int) -> int:
    """Cycles of a `BitSum`."""
    return 1 + stages(counted(inputs), levels)


@dataclass(frozen=True, kw_only=True)
class Ff(Coefficients):
    """Flip-flops within a count for each product: of LUT4, by the registers on the way, which are
    one to four or more; and of an input or a weight that waits for a LUT4 behind the first
    register."""

    one: float = 0.2
    two: float = 0.65
    three: float = 0.83
    four: float = 0.9
    waiting: float = 0.8


@fitted(Ff())
def ff(
    c: Ff, pe: int, simd: int, pixels: int, *, inputs: int, weights: int, constant: bool,
    whole: Callable[[float], float] = round,
) -> float:
    """Flip-flops of a `BitSum`. It is linear but for the flip-flops of a single count, which are
    ``whole``: ``float`` leaves them as they are."""
    among, staged = counted(simd), latency(simd, LEVELS) - 1
    of_lut = (0.0, c.one, c.two, c.three, c.four)[min(staged, 4)]
    kept = pe * (whole(of_lut * among) + among.bit_length())
    # With constant weights, what is left to carry is an input or its complement.
    kept += (staged + 1) * (min(pe, 2) if constant else pe)
    waiting = c.waiting * among / simd
    return whole((2 + waiting) * inputs + waiting * weights) + pixels * kept


def resources(
    pe: int, simd: int, pixels: int = 1, *, inputs: int | None = None, weights: int | None = None,
    constant: bool = False,
) -> Resources:
    """Cost of a `BitSum`: inputs registered twice; the count of every lane in fused leaves, with
    one left to carry.

    ``inputs`` and ``weights`` are how many of them differ, which wait once for all that read them:
    pixels side by side have inputs in common, and few constants have few values.
    """
    kept = ff(
        pe, simd, pixels, inputs=pixels * simd if inputs is None else inputs,
        weights=pe * simd if weights is None else weights, constant=constant,
    )  # fmt: skip
    return Resources(lut=pixels * lut(pe, simd), ff=int(kept))


def lut(pe: int, simd: int) -> int:
    """LUT4 of one pixel."""
    return pe * (leaf.cells(counted(simd)) + (simd > 1))
