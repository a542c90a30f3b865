"""Dot products of bits: how many inputs agree with their weights, for several outputs at once."""

from amaranth import Module, Shape, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from boards.resources import Resources
from hw.cores.fabric.delay import registered
from hw.cores.fabric.vendor import cells, instance
from hw.cores.mvu.leaf import AGREEING, Leaves
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.rows import counting, registers, stages

LEVELS = 3
"""LUT4 from register to register; fewer registers than at 2, and wires, not LUT4, take most of a
cycle."""

FAR = 6
"""The same where registers are few."""


class BitSum(wiring.Component):
    """``o[k] + carry[k] = popcount(xnor(i[q], weights[p]))`` for k = q * outputs + p.

    The last product stays apart: at the carry-in of whoever adds the count it is free. Products
    are counted in named cells where there are any: `hw.cores.mvu.rows.counting`.

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
        count = self._named if cells(platform).named_lut4 else self._popcount
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
            self.o[lane].eq(self._late(m, count.o, count.latency)),
        ]
        return match[self._counted :]

    def _named(self, m: Module, platform: object, lane: int, x: Value, w: Value) -> Value:
        """The same with named cells."""
        end, count = self._counted, Signal(self.shape, name="count")
        named = counting(end, self._levels, named_sums=cells(platform).named_sums)
        m.submodules[f"count{lane}"] = instance(
            platform, named.name, named.verilog(), named.plain,
            i_x=x[:end], i_w=w[:end], o_o=count,
            a_xnor=end, a_full_adder=named.full_adders,
        )  # fmt: skip
        m.d.comb += self.o[lane].eq(self._late(m, count, named.stages))
        return ~(x[end:] ^ w[end:])

    def _late(self, m: Module, count: Value, stages: int) -> Value:
        """A count that comes after so many registers, with all others."""
        return registered(m, count, "stage", self.latency - 1 - stages)


def counted(inputs: int) -> int:
    """Products that a count holds before its carry: all but the last."""
    return max(inputs - 1, 1)


def latency(inputs: int, levels: int) -> int:
    """Cycles of a `BitSum`."""
    return 1 + stages(counted(inputs), levels)


def resources(
    pe: int, simd: int, pixels: int = 1, *, inputs: int | None = None, weights: int | None = None,
    constant: bool = False, named_sums: bool = True, levels: int = LEVELS,
) -> Resources:
    """Cost of a `BitSum`: inputs registered twice; the count of every lane in named cells, with one
    product left to carry.

    ``inputs`` and ``weights`` are how many of them differ, which wait once for all that read them:
    pixels side by side have inputs in common, and few constants have few values. With ``constant``
    weights, what is left to carry is an input or its complement.
    """
    among, cycles = _counting(simd, named_sums, levels), latency(simd, levels)
    kept, late = registers(among), cycles - 1 - among.stages
    of_pixel = pe * (kept.inner(AGREEING) + (late + 1) * counted(simd).bit_length())
    of_pixel += cycles * (min(pe, 2) if constant else pe)
    inputs = pixels * simd if inputs is None else inputs
    weights = pe * simd if weights is None else weights
    waiting = (kept.of("x") * inputs + kept.of("w") * weights) / simd
    ff = 2 * inputs + waiting + pixels * of_pixel
    luts = pixels * lut(pe, simd, named_sums=named_sums, levels=levels)
    return Resources(lut=luts, ff=round(ff))


def lut(pe: int, simd: int, *, named_sums: bool = True, levels: int = LEVELS) -> int:
    """LUT4 of one pixel."""
    return pe * (_counting(simd, named_sums, levels).cells + (simd > 1))


def _counting(simd: int, named_sums: bool, levels: int) -> Leaves:
    return counting(counted(simd), levels, named_sums=named_sums)
