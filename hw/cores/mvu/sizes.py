"""Sizes of a matrix-vector unit, and what follows from them alone."""

from dataclasses import dataclass
from functools import cached_property

from amaranth import Shape, signed, unsigned

from hw.cores.fabric.home import Home, WeightsHome
from hw.cores.fabric.rom import CELL, FEW
from hw.cores.mvu import bitsum, constantsum, pairsum, sharing, signedsum
from hw.cores.stream import creditfifo

HOMES: tuple[WeightsHome, ...] = ("block", "lut", "logic", "steps")
"""Homes of weights: memories, and the wiring of adders, ``logic`` where there is a single word and
``steps`` where there are a few, of which each weight is a function."""


@dataclass(frozen=True, kw_only=True)
class MvuSizes:
    """Sizes of an `hw.cores.mvu.mvu.Mvu`, contents left out: what it is built from, and what its
    cost and its latency are counted from.

    Parameters
    ----------
    outputs, inputs : int
        Rows and columns of the weight matrix, MH and MW.
    pe, simd : int
        Rows, and inputs of each, in a cycle. PE rows of the last pass may be idle; SIMD divides
        MW.
    pixels : int
        Vectors at once, which share what is read of the weights.
    reuse : int
        Cycles for which a word of weights is used, for as many times more vectors.
    copies : int
        Thresholds on each count: row m then has the thresholds, and the bits, ``copies * m`` and
        on.
    shared : int
        Inputs side by side that have the same weight in every row, which a memory then has once for
        all of them; it divides SIMD. 1: none are known to, or there is no memory.
    element : int
        Bits of an input: 1 is a bit (1 = +1), 2 and more a two's complement integer.
    home : "block", "lut", "logic" or "steps"
        Weights in embedded memory, as constants in LUTs, or, of a single word or a few that are not
        used again, in what is added to what: `hw.cores.mvu.constantsum`.
    flight : int
        Cycles that a beat is on its way before it comes.
    thresholds : int
        Border classes that the thresholds, or the totals' starts, differ by; 0: there are none, and
        counts leave.
    totals : int
        Bits of a signed sum of products, which then leaves in place of bits; 0: none does.
    thresholds_home : "block", "lut" or None
        The home of the thresholds; None: the usual one of so many words.
    levels : int or None
        Between two pipeline registers, of LUT4 for bits, of adders for integers and in logic;
        None: the usual ones of the sums.
    few_registers : bool
        Registers that only a fast clock needs are left out.

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    outputs: int
    inputs: int
    pe: int
    simd: int
    pixels: int = 1
    reuse: int = 1
    copies: int = 1
    shared: int = 1
    element: int = 1
    home: WeightsHome = "block"
    flight: int = 0
    thresholds: int = 1
    totals: int = 0
    thresholds_home: Home | None = None
    levels: int | None = None
    few_registers: bool = False

    def __post_init__(self) -> None:
        numbers = (self.outputs, self.inputs, self.pe, self.simd, self.pixels, self.reuse,
                   self.copies, self.shared, self.element)  # fmt: skip
        if min(numbers) < 1:
            raise ValueError(f"a unit of {self}: all numbers must be at least 1")
        if self.inputs % self.simd:
            raise ValueError(f"SIMD {self.simd} does not divide {self.inputs} inputs")
        if self.simd % self.shared:
            raise ValueError(f"{self.shared} inputs with the same weight do not divide SIMD "
                             f"{self.simd}")
        if self.thresholds < 0:
            raise ValueError(f"{self.thresholds} border classes; 0 gives counts")
        if self.totals and not (self.thresholds and self.copies == 1):
            raise ValueError(f"totals of {self.thresholds} border classes, {self.copies} copies of "
                             "each; there is one, of a class at least")
        if self.home not in HOMES:
            raise ValueError(f"home {self.home!r} of weights; those there are: {', '.join(HOMES)}")
        if self.home == "logic" and self.words > 1:
            raise ValueError(f"{self.words} weight words: logic has a single one built in")
        few = 1 < self.words <= constantsum.STEPS
        if self.home == "steps" and not (few and self.reuse == 1):
            raise ValueError(f"{self.words} weight words, each used {self.reuse} times: steps have"
                             f" 2 to {constantsum.STEPS} built in, each used once")
        if self.built_in and self.shared > 1:
            raise ValueError(f"{self.shared} inputs with the same weight: {self.home} has each "
                             "built in")

    @property
    def passes(self) -> int:
        """Times that a vector comes: once for every PE of the outputs."""
        return passes(self.outputs, self.pe)

    @property
    def beats(self) -> int:
        """Beats of a vector."""
        return self.inputs // self.simd

    @property
    def words(self) -> int:
        """Words of weights: one for every pass and beat."""
        return self.passes * self.beats

    @property
    def lanes(self) -> int:
        """Weights of a pass and beat, those of all inputs."""
        return self.pe * self.simd

    @property
    def word(self) -> int:
        """Bits of a word of weights: those of inputs that share one have it once."""
        return self.lanes // self.shared

    @property
    def paired(self) -> bool:
        """True where bits with the same weight are counted in pairs, which takes fewer LUT4."""
        even = self.element == 1 and self.shared % 2 == 0
        return even and pairsum.smaller(self.pe, self.simd)

    @property
    def built_in(self) -> bool:
        """True where weights are no memory but what is added to what."""
        return self.home in ("logic", "steps")

    @property
    def sums(self) -> int:
        """Results of a beat: bits, counts, or totals."""
        return self.pixels * self.pe * self.copies

    @property
    def classes(self) -> int:
        """Border classes that a beat is labelled with."""
        return max(self.thresholds, 1)

    @property
    def count_range(self) -> tuple[int, int]:
        """The lowest count and one above the highest of any vector. Of integers ``~x`` is
        ``-x - 1``, so that those of n bits count up to 2**(n-1) - 1."""
        if self.element == 1:
            return 0, self.inputs + 1
        half = self.inputs << (self.element - 1)
        return -half, half

    @property
    def count_width(self) -> int:
        """Bits of a full count."""
        low, end = self.count_range
        return (end - 1).bit_length() + (low < 0)

    @property
    def decides(self) -> bool:
        """True where the signs of sums leave, and not the sums."""
        return self.thresholds > 0 and not self.totals

    @property
    def doubled(self) -> bool:
        """True where a count of one more is a total of two more: of bits, of which one that agrees
        takes the place of one that does not."""
        return self.totals > 0 and self.element == 1

    @property
    def total_width(self) -> int:
        """Bits of a sum, which with thresholds starts from one of them, negated: the difference of
        two counts takes one bit more. Of totals of bits the lowest bit is not summed."""
        if self.totals:
            return self.totals - self.doubled
        return self.count_width + (self.thresholds > 0)

    @property
    def count_shape(self) -> Shape:
        """Shape of a full count: unsigned for bits, signed for integers."""
        return Shape(self.count_width, signed=self.element > 1)

    @property
    def total_shape(self) -> Shape:
        """Shape of a sum: where there are thresholds its sign decides."""
        return signed(self.total_width) if self.thresholds else self.count_shape

    @property
    def result_shape(self) -> Shape:
        """Shape of one result: a bit, a count, or a total."""
        if self.totals:
            return signed(self.totals)
        return unsigned(1) if self.thresholds else self.count_shape

    @property
    def result_width(self) -> int:
        """Bits of a result beat."""
        return self.sums * self.result_shape.width

    @property
    def one_addition(self) -> bool:
        """True where every sum is of one beat and always starts from the same, so that none has to
        run."""
        return self.words == self.reuse == self.classes == 1

    @property
    def spacing(self) -> int:
        """Levels between two pipeline registers."""
        if self.levels is not None:
            return self.levels
        if self.built_in:
            return sharing.LEVELS
        if self.element > 1:
            return signedsum.LEVELS
        return bitsum.FAR if self.few_registers else bitsum.LEVELS

    @property
    def soon(self) -> bool:
        """True where a word of weights comes a cycle after its beat, and not two, so that inputs
        are registered once."""
        return self.few_registers and not self.built_in and self.reuse == 1

    @property
    def direct(self) -> bool:
        """True where inputs go to the sums as they come, without a register before them: where
        weights come `soon`, and with several steps, where that register is part of the sums."""
        return self.soon or self.home == "steps"

    @property
    def memory(self) -> Home:
        """The home of a memory of weights. ValueError where they live in none."""
        if self.home not in ("block", "lut"):
            raise ValueError(f"weights in {self.home} are no memory")
        return "block" if self.home == "block" else "lut"

    @cached_property
    def latency(self) -> int:
        """Cycles from the last beat of a pass to its result: input register, sums, count, running
        sum, output."""
        return self._lanes_latency + 4 - self.direct

    @property
    def _lanes_latency(self) -> int:
        """Cycles of the sums of a beat."""
        if self.built_in:
            return constantsum.latency(self.simd, self.element, self.spacing, self.words)
        if self.paired:
            return pairsum.latency(self.simd, self.spacing)
        if self.element == 1:
            return bitsum.latency(self.simd, self.spacing)
        return signedsum.latency(self.simd, self.spacing)

    @property
    def places(self) -> int:
        """Results that the `CreditFifo` holds."""
        return creditfifo.words(self.flight + self.latency, self.beats, self.reuse)


def passes(outputs: int, pe: int) -> int:
    """Times that a vector is read for so many outputs; the last time some of PE may be idle."""
    return -(-outputs // pe)


def homes(words: int, element: int) -> tuple[WeightsHome, ...]:
    """Homes that so many words of weights may have: a single one in logic, few in LUTs, a LUT4 for
    16 at least, or of bits in steps; many in blocks."""
    if words == 1:
        return ("logic",)
    if words <= CELL:
        return ("lut", "steps") if element == 1 else ("lut",)
    return ("block", "lut") if words <= FEW else ("block",)
