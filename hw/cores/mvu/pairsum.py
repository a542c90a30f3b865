"""Dot products of pairs of bits that have one weight: copies of a channel by two thresholds."""

from amaranth import Cat, Module, Shape, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from boards.resources import Resources
from hw.cores.fabric.delay import registered
from hw.cores.fabric.vendor import cells, instance
from hw.cores.mvu import bitsum
from hw.cores.mvu.bitsum import LEVELS
from hw.cores.mvu.leaf import DIFFERING, PAIRS, Counted, Leaves
from hw.cores.mvu.rows import counting, registers, stages

LEAST = 4
"""Inputs of which a pair is left to count beside the last."""


class PairSum(wiring.Component):
    """``o[k] + carry[k]`` is how many of the inputs of pixel q agree with the weights of row p, for
    k = q * outputs + p: as `hw.cores.mvu.bitsum.BitSum` has it, of inputs in pairs (x, y) with one
    weight.

    Two of a pair agree, or one, or none: ``2 * (pairs that both agree) + (pairs that differ)``. It
    is one whatever the weight, so that these are counted once for all outputs; and the others are
    half as many as there are inputs.

    Parameters
    ----------
    outputs, inputs, pixels : int
        PE, SIMD, which is even and at least 4, and how many vectors of inputs share the weights.
    levels : int
        As of `hw.cores.mvu.popcount.Popcount`.

    Members
    -------
    i : In(pixels * inputs)
        Registered first; pairs are side by side.
    weights : In(outputs * inputs / 2)
        Bit ``p * (inputs / 2) + s``; 1 is +1. From a register: those of the inputs a cycle before.
    o : Out(data.ArrayLayout(shape, pixels * outputs))
    carry : Out(pixels * outputs)

    Attributes
    ----------
    shape : Shape
        Of a count without its carry.
    latency : int
        Cycles from the inputs to the counts.
    match : Signal
        The agreeing bits of every lane, pixel by pixel placed as inputs of a row: what simulation
        counts toggles of.
    """

    def __init__(self, *, outputs: int, inputs: int, levels: int, pixels: int = 1) -> None:
        self._outputs, self._inputs, self._levels, self._pixels = outputs, inputs, levels, pixels
        self._pairs = inputs // 2
        self.shape: Shape = unsigned(bits_for(inputs))
        self.latency = latency(inputs, levels)
        self.match = Signal(pixels * outputs * inputs)
        super().__init__({
            "i": In(pixels * inputs),
            "weights": In(outputs * self._pairs),
            "o": Out(data.ArrayLayout(self.shape, pixels * outputs)),
            "carry": Out(pixels * outputs),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inputs = registered(m, self.i, "inputs")
        for q in range(self._pixels):
            vector = inputs.word_select(q, self._inputs)
            x, y = vector[::2], vector[1::2]
            differing = self._counted(m, platform, f"differing{q}", DIFFERING, x, y)
            last = registered(m, x[-1] ^ y[-1], "differs", self.latency - 1)
            for p in range(self._outputs):
                lane, w = q * self._outputs + p, self.weights.word_select(p, self._pairs)
                both = self._counted(m, platform, f"pairs{lane}", PAIRS, x, y, w)
                begins = registered(
                    m, PAIRS.found(x[-1], y[-1], w[-1]), "begins", self.latency - 1
                )
                # The last pair comes out of a lowest bit of its own, so that one adder takes all.
                twice = (Cat(1, both) + Cat(begins, differing[1:]))[1:]
                m.d.comb += [
                    self.o[lane].eq(Cat(differing[0], twice)), self.carry[lane].eq(last),
                    self.match.word_select(lane, self._inputs).eq(
                        Cat(~(pair ^ one.replicate(2)) for pair, one in _couples(vector, w))),
                ]  # fmt: skip
        return m

    def _counted(
        self, m: Module, platform: object, name: str, counted: Counted, *bits: Value
    ) -> Value:
        """How many pairs but the last there are of something, a cycle before the results."""
        size = self._pairs - 1
        named = cells(platform).named_sums
        leaves = counting(size, self._levels, named_sums=named, counted=counted)
        given = {port: bit[:size] for port, bit in zip(counted.ports, bits, strict=True)}
        count = Signal(bits_for(size), name=name)
        if cells(platform).named_lut4:
            ports = {f"i_{port}": bit for port, bit in given.items()}
            m.submodules[name] = instance(
                platform, leaves.name, leaves.verilog(), leaves.plain, **ports, o_o=count,
                a_xnor=size, a_full_adder=leaves.full_adders,
            )  # fmt: skip
        else:
            m.submodules[name] = plain = leaves.plain()
            m.d.comb += [getattr(plain, port).eq(bit) for port, bit in given.items()]
            m.d.comb += count.eq(plain.o)
        return registered(m, count, "stage", self.latency - 1 - leaves.stages)


def _couples(vector: Value, weights: Value) -> list[tuple[Value, Value]]:
    return [(vector.word_select(k, 2), weight) for k, weight in enumerate(weights)]


def latency(inputs: int, levels: int) -> int:
    """Cycles of a `PairSum`."""
    products = inputs // 2 - 1
    return 2 + max(stages(products, levels, counted) for counted in (PAIRS, DIFFERING))


def lut(pe: int, simd: int, *, named_sums: bool = True, levels: int = LEVELS) -> int:
    """LUT4 of one pixel: counts of pairs for every output, their adders, in carry cells from four
    bits on, and the last pairs; and once for all the pairs that differ."""
    width = (simd // 2).bit_length()
    adder = 2 * (width // 2 + 2 if width > 3 else width - 1)
    both, differing = (
        _counting(simd, named_sums, counted, levels) for counted in (PAIRS, DIFFERING)
    )
    return pe * (both.cells + adder + 1) + differing.cells + 1


def _counting(simd: int, named_sums: bool, counted: Counted, levels: int) -> Leaves:
    return counting(simd // 2 - 1, levels, named_sums=named_sums, counted=counted)


def resources(
    pe: int, simd: int, pixels: int = 1, *, inputs: int | None = None, weights: int | None = None,
    named_sums: bool = True, levels: int = LEVELS,
) -> Resources:
    """Cost of a `PairSum`: ``inputs`` and ``weights`` are how many of them differ, as of
    `hw.cores.mvu.bitsum.resources`."""
    inputs = pixels * simd if inputs is None else inputs
    weights = pe * simd // 2 if weights is None else weights
    among, cycles = simd // 2 - 1, latency(simd, levels)
    counts = {each: _counting(simd, named_sums, each, levels) for each in (PAIRS, DIFFERING)}
    held = {each: registers(count) for each, count in counts.items()}
    of_count = {
        each: held[each].inner(each) + (cycles - 1 - count.stages) * among.bit_length()
        for each, count in counts.items()
    }
    # The sum of a row, and what it begins with; once, the lowest bit and the last pair.
    kept = pe * (of_count[PAIRS] + (simd // 2).bit_length() + cycles - 1)
    kept += of_count[DIFFERING] + 1 + cycles
    waiting = held[PAIRS].beside(held[DIFFERING])
    each_input = sum(waiting.of(port) for port in DIFFERING.ports) / simd
    ff = (2 + each_input) * inputs + 2 * waiting.of("w") / simd * weights + pixels * kept
    luts = pixels * lut(pe, simd, named_sums=named_sums, levels=levels)
    return Resources(lut=luts, ff=round(ff))


def smaller(pe: int, simd: int) -> bool:
    """True if a `PairSum` takes fewer LUT4 than a `hw.cores.mvu.bitsum.BitSum`: of many inputs."""
    return simd % 2 == 0 and simd >= LEAST and lut(pe, simd) < bitsum.lut(pe, simd)
