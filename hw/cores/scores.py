"""Scores and their argmax: counts of the last layer, summed over its map, scaled and compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from amaranth import Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.counter import Counter, loops
from hw.cores.fabric.delay import delayed, registered
from hw.cores.fabric.inturn import in_turn
from hw.cores.fabric.vendor import cells
from hw.cores.fitted import Coefficients, fitted
from hw.cores.integers import multiplier
from hw.cores.stream.skid import SkidBuffer

LATENCY = 5
"""Cycles from the last count of a class to its score."""


def scores_layout(score: ShapeLike, classes: int) -> data.StructLayout:
    """Payload of `Scores`: a score, the best class so far, and a mark on the last class."""
    return data.StructLayout({
        "score": score,
        "klass": unsigned(ceil_log2(classes)),
        "last": unsigned(1),
    })


class Scores(wiring.Component):
    """``score[c] = multipliers[c] * (sum of count[c] over positions) + offsets[c]``, and argmax.

    Counts arrive one a beat, all classes of a position before the next position. With the last
    position of a frame every count gives a score, one output beat for each class in order, and
    ``klass`` is the lowest class with the highest score so far: on the ``last`` beat, the answer.
    Takes a count each cycle, the next frame right behind; stalls with its output. The last score
    is valid `LATENCY` cycles after the last count was accepted.

    Parameters
    ----------
    count : Shape
        Shape of a count, signed or not (`MvuSizes.count_shape`).
    positions : int
        Positions of the map that are summed.
    multipliers, offsets : sequence (classes) of int
    score : Shape
        Shape of a score; None derives the smallest that holds the worst case.

    Members
    -------
    i : In(stream of count)
    o : Out(stream of scores_layout(score_shape, classes))

    Attributes
    ----------
    score_shape : Shape
    higher : Signal
        Whether a score is above the best so far: the comparison, for what counts its toggles.

    Raises
    ------
    ValueError
        Lengths differ, no position, or ``score`` cannot hold every score.
    """

    def __init__(
        self,
        *,
        count: Shape,
        positions: int,
        multipliers: Sequence[int],
        offsets: Sequence[int],
        score: Shape | None = None,
    ) -> None:
        _require_classes(multipliers, offsets, positions)
        self._multipliers, self._offsets = tuple(multipliers), tuple(offsets)
        self._positions, self._classes = positions, len(multipliers)
        self._sum = _sum_shape(count, positions)
        worst = _score_shape(count, positions, multipliers, offsets)
        self.score_shape = worst if score is None else score
        if self.score_shape.width < worst.width or not self.score_shape.signed:
            raise ValueError(f"a score needs {worst}, not {self.score_shape}")
        # Of a single class there is nothing to compare, but its gates are looked for.
        self.higher = Signal(attrs={"keep": 1} if len(multipliers) == 1 else {})
        super().__init__({
            "i": In(stream.Signature(count)),
            "o": Out(stream.Signature(scores_layout(self.score_shape, self._classes))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.out = out = SkidBuffer(scores_layout(self.score_shape, self._classes))
        connect(m, out.o, flipped(self.o))
        enable, taken = out.i.ready, Signal()
        awake = Signal()  # block memory has read its first word
        m.d.sync += awake.eq(1)
        m.d.comb += [self.i.ready.eq(enable & awake), taken.eq(self.i.valid & self.i.ready)]
        at = loops(m, taken, {"klass": self._classes, "position": self._positions})

        labels = {
            "valid": taken & at["position"].last,
            "klass": at["klass"].value,
            "first": at["klass"].value == 0,
            "last": at["klass"].last,
        }
        total = self._total(m, platform, at, taken)
        # Counts of bits bring even multipliers: without their zeros they fit a multiplier block.
        zeros, odd = _zeros(self._multipliers), _odd(self._multipliers)
        factor = self._of_class(m, "multipliers", odd, enable, labels)
        with m.If(enable):
            total, labels = registered(m, total, "total"), delayed(m, labels)
        offset = self._of_class(m, "offsets", self._offsets, enable, labels)
        with m.If(enable):
            product, labels = registered(m, total * factor, "product"), delayed(m, labels)
        score = Signal(self.score_shape, reset_less=True)
        with m.If(enable):
            m.d.sync += score.eq((product << zeros) + offset)
            labels = delayed(m, labels)

        best = Signal(self.score_shape, reset_less=True)
        klass = Signal.like(labels["klass"], name="best_klass")
        # The sign of a difference is the comparison: a chain of carries and nothing else.
        m.d.comb += self.higher.eq((best - score)[-1])
        with m.If(enable & labels["valid"] & (labels["first"] | self.higher)):
            m.d.sync += [best.eq(score), klass.eq(labels["klass"])]
        # The comparison is long: its score waits a cycle, until `klass` has followed.
        with m.If(enable):
            labels = delayed(m, {"score": score, **labels})
        m.d.comb += [
            out.i.valid.eq(labels["valid"]),
            out.i.p.score.eq(labels["score"]),
            out.i.p.klass.eq(klass),
            out.i.p.last.eq(labels["last"]),
        ]
        return m

    def _total(
        self, m: Module, platform: object, at: dict[str, Counter], taken: Value
    ) -> Value:
        """The count added to its class's sum of the positions before."""
        if self._positions == 1:
            return self.i.payload
        # Blocks do not answer in the same cycle: without memory in LUTs it is flip-flops.
        style = "distributed" if cells(platform).family.lut_memory else "logic"
        m.submodules.sums = sums = Memory(
            shape=self._sum, depth=self._classes, init=[], attrs={"ram_style": style}
        )
        read, write = sums.read_port(domain="comb"), sums.write_port()
        first = at["position"].value == 0
        total = Signal(self._sum)
        m.d.comb += [
            total.eq(self.i.payload + Mux(first, 0, read.data)),
            read.addr.eq(at["klass"].value),
            write.addr.eq(at["klass"].value),
            write.data.eq(total),
            write.en.eq(taken),
        ]
        return total

    def _of_class(
        self, m: Module, name: str, values: Sequence[int], enable: Value, labels: dict[str, Value]
    ) -> Value:
        """The constant of the labelled class, a cycle later."""
        shape = _shape(values)
        words = [value % (1 << shape.width) for value in values]
        return in_turn(
            m, name, words, shape.width,
            index=labels["klass"], enable=enable, valid=labels["valid"],
        ).as_signed()  # fmt: skip


def integers(bits: int) -> Shape:
    """The shape of integers in the place of counts."""
    return signed(bits)


def _extremes(count: Shape, positions: int) -> list[int]:
    """The least and the greatest sum of so many counts."""
    low = -(1 << (count.width - 1)) if count.signed else 0
    return [positions * low, positions * (low + (1 << count.width) - 1)]


def _sum_shape(count: Shape, positions: int) -> Shape:
    return _shape(_extremes(count, positions))


def _score_shape(
    count: Shape, positions: int, multipliers: Sequence[int], offsets: Sequence[int]
) -> Shape:
    ends, affine = _extremes(count, positions), zip(multipliers, offsets, strict=True)
    return _shape([m * end + o for m, o in affine for end in ends])


def _shape(values: Sequence[int]) -> Shape:
    """The smallest signed shape that holds them all."""
    return Shape.cast(range(min(*values, -1), max(*values, 0) + 1))


def _zeros(values: Sequence[int]) -> int:
    """Low bits that are 0 in all of them."""
    together = reduce(or_, values)
    return (together & -together).bit_length() - 1 if together else 0


def _odd(values: Sequence[int]) -> list[int]:
    """The values without the low bits that are 0 in all of them."""
    return [value >> _zeros(values) for value in values]


def _require_classes(multipliers: Sequence[int], offsets: Sequence[int], positions: int) -> None:
    if not multipliers or len(multipliers) != len(offsets):
        raise ValueError(f"{len(multipliers)} multipliers and {len(offsets)} offsets")
    if positions < 1:
        raise ValueError(f"{positions} positions: there must be at least 1")


def widths(
    count: Shape, positions: int, multipliers: Sequence[int], offsets: Sequence[int]
) -> tuple[int, int]:
    """Bits of a score, and those of a class's constants, of which none are where all are equal."""
    score = _score_shape(count, positions, multipliers, offsets).width
    return score, sum(
        _shape(values).width for values in (multipliers, offsets) if len(set(values)) > 1
    )


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of `Scores` of one position: of their control, of each bit of a score, which is added
    and compared, and of each bit of a class's constants where those differ."""

    control: float = 14
    score: float = 1.5
    constant: float = 2


@fitted(Lut())
def lut(c: Lut, score: int, constants: int) -> float:
    """LUT4 of a score of so many bits, by constants of so many in all."""
    return c.control + c.score * score + c.constant * constants


def resources(
    *, count: Shape, positions: int, multipliers: Sequence[int], offsets: Sequence[int],
    family: Family = ECP5,
) -> Resources:  # fmt: skip
    """Cost of `Scores`: multiply, offset, compare, and a word for every class where there are
    several positions.

    Products go into multiplier blocks, of which there are plenty, or, where a family has none, into
    LUTs.
    """
    total, classes = _sum_shape(count, positions).width, len(multipliers)
    score, constants = widths(count, positions, multipliers, offsets)
    kept = total + total + constants + 4 * score + 6 * ceil_log2(classes) + 12
    taken = lut(score, constants)
    odd = _odd(multipliers)
    if not family.multiplier and any(abs(each) > 1 for each in odd):
        taken += multiplier.lut(total, _shape(odd).width)
    found = Resources(lut=round(taken), ff=kept)
    return found if positions == 1 else found + _sums_resources(total, classes, family)


def _sums_resources(width: int, classes: int, family: Family) -> Resources:
    """Cost of what scores of several positions add up."""
    if not family.lut_memory:  # it has to answer in the same cycle
        return Resources(lut=width * (classes // 2 + 2), ff=width * classes)
    return ram.resources(width, classes, "lut") + Resources(lut=2 * width)
