"""Dot products with weights that are constant, or functions of a step: counts of all outputs at
once, which share their sums."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.delay import registered
from hw.cores.fabric.vendor import cells, instance
from hw.cores.mvu.adders import FIRST, Adders
from hw.cores.mvu.sharing import Sharing, rows_of, stage
from hw.cores.mvu.sharing import depth as depth_of
from hw.cores.mvu.terms import Term

STEPS = 16
"""Steps that a LUT4 tells apart."""


class ConstantSum(wiring.Component):
    """``o[k] + carry[k] - excess[p][step]`` is the count of inputs q with weights p, for
    k = q * outputs + p: of agreeing bits, or the sum of integers ``x`` and ``~x``.

    The sums are those of `hw.cores.mvu.sharing.Sharing`; on ECP5 they are named cells.

    Parameters
    ----------
    words : sequence of int
        The weights at every step, at most `STEPS`: bit ``p * inputs + s``; 1 is +1.
    outputs, inputs, pixels : int
        PE, SIMD, and how many vectors of inputs are added up, each in logic of its own.
    element : int
        Bits of an input: 1 is a bit, 2 and more a two's complement integer.
    levels : int
        Adders from one pipeline register to the next, at least 1. The last has none.

    Members
    -------
    i : In(pixels * inputs * element)
        Registered first; with several steps twice, to reach all that read it.
    step : In(ceil_log2(steps))
        That of the inputs.
    o : Out(data.ArrayLayout(shape, pixels * outputs))
    carry : Out(pixels * outputs)

    Attributes
    ----------
    shape : Shape
        Of a count without its carry.
    excess : list of tuple of int
        Row by row, step by step.
    latency : int
        Cycles from the inputs to the counts.
    match : Signal
        The agreeing bits of every lane, placed as the weights pixel by pixel: what simulation
        counts toggles of. There are none in a device, and none of integers.
    """

    def __init__(
        self, *, words: Sequence[int], outputs: int, inputs: int, levels: int, pixels: int = 1,
        element: int = 1,
    ) -> None:  # fmt: skip
        self._words, self._levels, self._pixels = words, levels, pixels
        steps, rows = len(words), rows_of(words, outputs, inputs)
        self._sharing = sharing = Sharing(rows, inputs=inputs, element=element, steps=steps)
        self.excess = [total.excess for total in sharing.totals]
        lows, highs = zip(*(total.total.range for total in sharing.totals), strict=True)
        self.shape = Shape.cast(range(min(lows), max(highs) + 1))
        self.latency = latency(inputs, element, levels, steps)
        self.match = Signal(pixels * outputs * inputs if element == 1 else 0)
        super().__init__({
            "i": In(pixels * inputs * element),
            "step": In(ceil_log2(steps)),
            "o": Out(data.ArrayLayout(self.shape, pixels * outputs)),
            "carry": Out(pixels * outputs),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inputs: Value = self.i
        if self._sharing.steps == 1:
            inputs = registered(m, self.i, "inputs")
        size, outputs = len(self.i) // self._pixels, len(self.excess)
        counts = Value.cast(self.o)
        count = self._cells if cells(platform).named_sums else self._plain
        for q in range(self._pixels):
            o = counts.word_select(q, outputs * self.shape.width)
            carry = self.carry.word_select(q, outputs)
            count(m, platform, q, inputs.word_select(q, size), o, carry)
        return m

    def _cells(
        self, m: Module, platform: object, q: int, i: Value, o: Value, carry: Value
    ) -> None:
        name, text = Adders(self._sharing, self._levels, self.shape.width).module()
        steps = {"i_step": self.step} if self._sharing.steps > 1 else {}
        m.submodules[f"count{q}"] = instance(
            platform, name, text, lambda: _Sums(self._sharing, self._levels, self.shape),
            i_i=i, o_o=o, o_carry=carry, **steps,
            a_full_adder=self._sharing.full_adders,
        )  # fmt: skip

    def _plain(
        self, m: Module, platform: object, q: int, i: Value, o: Value, carry: Value
    ) -> None:
        """The same sums with the same registers, for simulation and other devices."""
        m.submodules[f"count{q}"] = sums = _Sums(self._sharing, self._levels, self.shape)
        m.d.comb += [sums.i.eq(i), o.eq(sums.o), carry.eq(sums.carry)]
        if self._sharing.steps > 1:
            m.d.comb += sums.step.eq(self.step)
        if lanes := len(self.match) // self._pixels:
            repeated = i.replicate(lanes // len(i))
            weights = Signal(lanes)
            with m.Switch(self.step):
                for step, word in enumerate(self._words):
                    with m.Case(step):
                        m.d.comb += weights.eq(word)
            m.d.comb += self.match.word_select(q, lanes).eq(~(repeated ^ weights))


class _Sums(wiring.Component):
    """Plain additions, each number in a signal of its own."""

    def __init__(self, sharing: Sharing, levels: int, shape: Shape) -> None:
        self._sharing, self._levels = sharing, levels
        self._signals: dict[int, list[Value]] = {}
        self._steps: list[Value] = []
        rows, several = len(sharing.totals), sharing.steps > 1
        steps = {"step": In(ceil_log2(sharing.steps))} if several else {}
        super().__init__({
            "i": In(sharing.inputs * sharing.element),
            **steps,
            "o": Out(data.ArrayLayout(shape, rows)),
            "carry": Out(rows),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        element, signed = self._sharing.element, self._sharing.element > 1
        inputs: Value = self.i
        if self._sharing.steps > 1:
            inputs = registered(m, inputs, "inputs", FIRST)
            self._steps = [registered(m, self.step, "step", FIRST)]
        for s in range(self._sharing.inputs):
            bits = inputs.word_select(s, element)
            self._signals[s] = [bits.as_signed() if signed else bits]
        for number in self._sharing.sums:
            now = stage(number.level, self._levels)
            first, *others = (self._at(m, part, now) for part in number.parts)
            total = Signal(number.shape, name=f"sum{number.place}")
            if len(first) > 1 and len(others) > 1:
                # The carry comes out of a lowest bit of its own: one adder takes all three.
                other, carry = others
                m.d.comb += total.eq((Cat(1, first) + Cat(carry, other))[1:])
            else:
                m.d.comb += total.eq(sum(others, first))
            self._signals[number.place] = [total]
        last = stage(self._sharing.depth, self._levels)
        for p, total in enumerate(self._sharing.totals):
            m.d.comb += self.o[p].eq(self._at(m, total.total, last))
            if total.carry:
                m.d.comb += self.carry[p].eq(self._at(m, total.carry, last))
        return m

    def _at(self, m: Module, term: Term, now: int) -> Value:
        """A term in a later stage, delayed once for all who ask."""
        later = self._signals[term.number.place]
        while len(later) <= now - stage(term.number.level, self._levels):
            later.append(registered(m, later[-1], "later"))
        value = later[now - stage(term.number.level, self._levels)]
        if not term.turns:
            return ~value if term.inverted else value
        while len(self._steps) <= now:
            self._steps.append(registered(m, self._steps[-1], "step"))
        told = Const(self._turned(term), 1 << len(self.step)).bit_select(self._steps[now], 1)
        turned = value[:] ^ told.replicate(len(value))
        return turned.as_signed() if value.shape().signed else turned

    def _turned(self, term: Term) -> int:
        """The steps at which a term is the complement; those beyond the last, which never come, are
        as the first, as the cells have it."""
        beyond = (1 << (1 << len(self.step))) - (1 << self._sharing.steps)
        return term.inverted | (beyond if term.inverted & 1 else 0)


def latency(inputs: int, element: int, levels: int, steps: int = 1) -> int:
    """Cycles of a `ConstantSum`."""
    first = FIRST if steps > 1 else 1
    return first + stage(depth_of(inputs, element), levels)
