"""Integers times constants of their channel, shifted and saturated: a batch norm, or the sum of
planes of weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from amaranth import Cat, Const, Module, Mux, Shape, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import inturn
from hw.cores.fabric.counter import counter
from hw.cores.fabric.home import WeightsHome
from hw.cores.fabric.inturn import in_turn
from hw.cores.fitted import Coefficients, fitted
from hw.cores.integers import multiplier
from hw.cores.integers.add import parts, resized
from hw.cores.integers.pipeline import Pipeline


@dataclass(frozen=True, kw_only=True)
class AffineSizes:
    """What an `Affine` computes, and what follows from it: widths, latency, cost.

    Parameters
    ----------
    element : bits of an integer that comes, two's complement.
    source : every integer that may come.
    multipliers : for every channel those of the neighbouring channels that make it.
    offsets : one a channel.
    shift : bits that are dropped.
    bits : of a result; one that has more becomes the nearest that fits.
    lanes : channels of a beat that leaves; divides all of them.
    home : of products, as of `hw.cores.integers.multiplier`.
    """

    element: int
    source: range
    multipliers: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]
    shift: int
    bits: int
    lanes: int
    home: WeightsHome = "multiplier"

    @property
    def joined(self) -> int:
        """Channels that make one."""
        return len(self.multipliers[0])

    @property
    def beats(self) -> int:
        """Beats of a pixel."""
        return len(self.offsets) // self.lanes

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The multipliers of all channels, for each that is joined."""
        return tuple(zip(*self.multipliers, strict=True))

    @cached_property
    def factors(self) -> tuple[int, ...]:
        """Bits of the multipliers of each that is joined; 0 where they are all one power of two,
        or all 0."""
        return tuple(
            0 if len({*column}) == 1 and _power(column[0]) else _shape(column).width
            for column in self.columns
        )

    @property
    def reads(self) -> bool:
        """True if some constants differ from channel to channel."""
        return any(len({*each}) > 1 for each in (*self.columns, self.offsets))

    @property
    def products(self) -> int:
        """Cycles of the products."""
        return max((multiplier.cycles(bits, self.home) for bits in self.factors if bits), default=0)

    @property
    def terms(self) -> int:
        """Numbers that are added to a result."""
        return max(sum(any(each) for each in (*self.columns, self.offsets)), 1)

    @cached_property
    def sums(self) -> range:
        """Every sum that may be shifted, and others between."""
        ends = [
            [sum(function(m * self.source[0], m * self.source[-1]) for m in row) + offset
             for row, offset in zip(self.multipliers, self.offsets, strict=True)]
            for function in (min, max)
        ]  # fmt: skip
        return range(min(ends[0]), max(ends[1]) + 1)

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest result."""
        return -(1 << self.bits - 1), (1 << self.bits - 1) - 1

    @property
    def saturates(self) -> bool:
        """True if some sum may leave the range of results."""
        low, high = self.limits
        return self.sums[0] >> self.shift < low or self.sums[-1] >> self.shift > high

    @property
    def width(self) -> int:
        """Bits of a result, at least 2."""
        ends = (min(max(end >> self.shift, self.limits[0]), self.limits[1])
                for end in (self.sums[0], self.sums[-1]))
        return max(_shape([*ends]).width, 2)

    @property
    def latency(self) -> int:
        """Cycles from a beat to its results: constants, products, their sums, saturation."""
        return self.reads + self.products + max(ceil_log2(self.terms) + self.saturates, 1)

    def blocks(self, family: Family = ECP5) -> int:
        """Multiplier blocks of a family that it takes."""
        if self.home != "multiplier":
            return 0
        return self.lanes * sum(
            multiplier.blocks(self.element, bits, family) for bits in self.factors if bits
        )


class Affine(wiring.Component):
    """``y[c] = saturate((sum over j of multipliers[c][j] * x[J * c + j] + offsets[c]) >> shift)``.

    A beat of ``lanes * J`` integers becomes one of ``lanes`` results, ``sizes.latency`` cycles
    later, one each cycle; channels of a pixel in turn.

    Parameters
    ----------
    sizes : AffineSizes

    Members
    -------
    i : In(stream of unsigned(lanes * J * element))
    o : Out(stream of unsigned(lanes * sizes.width))
    """

    def __init__(self, sizes: AffineSizes) -> None:
        self.sizes = sizes
        super().__init__({
            "i": In(stream.Signature(sizes.lanes * sizes.joined * sizes.element)),
            "o": Out(stream.Signature(sizes.lanes * sizes.width)),
        })

    def elaborate(self, platform: object) -> Module:
        m, sizes = Module(), self.sizes
        pipeline = Pipeline(m, self.i, self.o, sizes.latency)
        beat = counter(m, "beat", pipeline.taken, sizes.beats).value
        payload = self.i.payload
        if sizes.reads:
            payload = pipeline.later(payload, "integers", 0)
        integers = parts(payload, sizes.element)
        factors = [
            self._constants(m, pipeline, f"multipliers{j}", column, beat, 0)
            for j, column in enumerate(sizes.columns)
        ]
        offsets = self._constants(
            m, pipeline, "offsets", sizes.offsets, beat, sizes.reads + sizes.products - 1
        )
        results = []
        for lane in range(sizes.lanes):
            terms = [
                self._product(m, pipeline, j, integers[lane * sizes.joined + j], each[lane])
                for j, each in enumerate(factors) if any(sizes.columns[j])
            ]  # fmt: skip
            if any(sizes.offsets):
                terms.append(offsets[lane])
            results.append(self._result(pipeline, terms or [Const(0, 1)]))
        pipeline.leave(Cat(results))
        return m

    def _constants(
        self, m: Module, pipeline: Pipeline, name: str, values: Sequence[int], beat: Value,
        late: int,
    ) -> list[Value]:  # fmt: skip
        """Those of every lane, a cycle and so many more after the beat they are of."""
        shape, lanes = _shape(values), self.sizes.lanes
        if len({*values}) == 1:
            return [Const(values[0], shape)] * lanes
        words = [
            sum((value % (1 << shape.width)) << place * shape.width
                for place, value in enumerate(values[at : at + lanes]))
            for at in range(0, len(values), lanes)
        ]
        read = in_turn(
            m, name, words, lanes * shape.width, index=pipeline.later(beat, "index", 0, late),
            enable=pipeline.enable[late], valid=pipeline.valid[late],
        )  # fmt: skip
        return parts(read, shape.width)

    def _product(
        self, m: Module, pipeline: Pipeline, j: int, number: Value, factor: Value
    ) -> Value:
        """One of the products of a result; a power of two moves bits and costs nothing."""
        sizes = self.sizes
        if not sizes.factors[j]:
            shifted = number << _power(sizes.columns[j][0]) - 1
            return pipeline.later(shifted, "shifted", sizes.reads, sizes.products)
        enables = pipeline.enable[sizes.reads :]
        made = multiplier.product(m, enables, number, factor, sizes.home)
        taken = multiplier.cycles(sizes.factors[j], sizes.home)
        return pipeline.later(made, "waiting", sizes.reads + taken, sizes.products - taken)

    def _result(self, pipeline: Pipeline, terms: list[Value]) -> Value:
        """What the last register takes: the sum, shifted and saturated."""
        sizes = self.sizes
        whole, after = _shape([sizes.sums[0], sizes.sums[-1]]), sizes.saturates
        at = sizes.reads + sizes.products
        while len(terms) > 1:
            couples = zip(terms[::2], terms[1::2], strict=False)
            terms = [one + other for one, other in couples] + terms[len(terms) // 2 * 2 :]
            if len(terms) > 1 or after:
                terms, at = [pipeline.later(term, "sum", at) for term in terms], at + 1
        shifted = resized(terms[0], whole)[min(sizes.shift, whole.width - 1) :].as_signed()
        if not sizes.saturates:
            return resized(shifted, Shape(sizes.width, signed=True))
        sign, above = shifted[-1], shifted[sizes.bits - 1 :]
        fits = above == sign.replicate(len(above))
        low, high = (Const(limit, Shape(sizes.bits, signed=True)) for limit in sizes.limits)
        saturated = Mux(fits, shifted[: sizes.bits], Mux(sign, low, high))
        return saturated[: sizes.width]


def _power(number: int) -> int:
    """1 and its exponent, of a power of two; 0 of any other number but 0, which is 1 as well."""
    if number == 0:
        return 1
    return number.bit_length() if number > 0 and number & number - 1 == 0 else 0


def _shape(values: Sequence[int]) -> Shape:
    """The smallest signed shape that holds them all."""
    return Shape.cast(range(min(*values, -1), max(*values, 0) + 1))


def width(values: Sequence[int]) -> int:
    """Bits of constants that hold them all."""
    return _shape(values).width


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of an `Affine` beside its products and constants: of its control, of a bit that counts
    beats, of a bit that is added, and of a bit that is saturated."""

    control: float = 10
    loop: float = 1
    added: float = 0.98
    saturated: float = 1.1


@fitted(Lut())
def lut(c: Lut, sizes: AffineSizes) -> float:
    """LUT4 of sums and their saturation."""
    whole = width([sizes.sums[0], sizes.sums[-1]])
    lanes = sizes.lanes
    added = c.added * lanes * (sizes.terms - 1) * whole
    saturated = c.saturated * lanes * sizes.width * sizes.saturates
    return c.control + c.loop * ceil_log2(sizes.beats) + added + saturated


def resources(sizes: AffineSizes, family: Family = ECP5) -> Resources:
    """Cost of an `Affine` beside its multiplier blocks, of random constants."""
    whole, lanes = width([sizes.sums[0], sizes.sums[-1]]), sizes.lanes
    ff = lanes * sizes.width + sizes.latency + ceil_log2(sizes.beats) + 1
    ff += lanes * sizes.joined * sizes.element * sizes.reads
    ff += lanes * whole * (sizes.terms - 2 + sizes.saturates)
    total = Resources(lut=round(lut(sizes)), ff=max(ff, 0))
    for bits in filter(None, sizes.factors):
        one = multiplier.resources(sizes.element, bits, sizes.home)
        total += Resources(lut=lanes * one.lut, ff=lanes * one.ff)
    for column in (*sizes.columns, sizes.offsets):
        if len({*column}) > 1:
            bits = lanes * width(column)
            total += inturn.resources(bits, sizes.beats, family)
    return total
