"""The cost of sums whose weights are functions of a step: `hw.cores.mvu.sharing` counted for random
weights, unbuilt.

How many sums there are follows from how many inputs rows take alike at every step; what they take
is fitted to the cells of random matrices of up to 64 rows on up to 1200 inputs, at 2 to 16 steps.
"""

import math
from dataclasses import dataclass
from functools import cache

from boards.resources import Resources
from hw.cores.fitted import Coefficients, fitted

LEFT = (0, 1, 2, 1, 2, 3)
"""Terms that are left of so many bits where `hw.cores.mvu.sharing.Sharing` adds them for several
rows; of more, `OVER` in turn."""
OVER = (1, 1, 2, 3)
MANY = 30
"""Bits from which on as many are left as in the mean."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Terms that additions join for several rows and for one alone, as expected, and by how many
    bits their sums grow."""

    shared: float = 0
    alone: float = 0
    growth: float = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            shared=self.shared + other.shared, alone=self.alone + other.alone,
            growth=self.growth + other.growth,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4: of a term that is joined for several rows, and for one; of a bit by which sums grow; of
    a bit of a count; and of what tells of steps."""

    shared: float = 1.72
    alone: float = 1.607
    growth: float = -0.55
    bit: float = 0.737
    teller: float = 1.098


@dataclass(frozen=True, kw_only=True)
class Ff(Coefficients):
    """Flip-flops by the same, and of an input."""

    shared: float = 0.884
    alone: float = 0.81
    growth: float = -0.229
    bit: float = 0.587
    teller: float = 2.305
    input: float = 2.103


@fitted(Lut())
def lut(c: Lut, rows: int, inputs: int, steps: int) -> float:
    """LUT4 of the sums of one pixel."""
    return _whole(c, rows, inputs, steps)


@fitted(Ff())
def ff(c: Ff, rows: int, inputs: int, steps: int) -> float:
    """Flip-flops of the same, with those that the inputs come through."""
    return _whole(c, rows, inputs, steps) + c.input * inputs


def _whole(c: Lut | Ff, rows: int, inputs: int, steps: int) -> float:
    """Cells of all sums, of their counts, and of what tells of steps."""
    sums = _sums(rows, inputs, float(inputs), steps)
    return (
        c.shared * sums.shared + c.alone * sums.alone + c.growth * sums.growth
        + c.bit * (rows * math.log2(inputs + 1)) + c.teller * _tellers(sums, steps)
    )  # fmt: skip


@cache
def resources(rows: int, inputs: int, steps: int) -> Resources:
    """Cost of every count of one vector, with the registers before and without those behind."""
    sizes = rows, inputs, steps
    return Resources(lut=round(lut(*sizes)), ff=round(ff(*sizes)))


@cache
def _sums(rows: int, inputs: int, before: float, steps: int) -> Sums:
    """Those of rows that have ``before`` terms each, halved again and again."""
    if rows == 1:
        return Sums(alone=before - 1, growth=math.log2(inputs) - _bits(inputs, before))
    kinds = 2.0 ** min(steps * (rows - 1), 60)
    left = min(kinds * _left(before / kinds), before)
    parts = (_sums(half, inputs, left, steps) for half in (rows // 2, rows - rows // 2))
    growth = _bits(inputs, left) - _bits(inputs, before)
    return sum(parts, Sums(shared=before - left, growth=growth))


def _left(mean: float) -> float:
    """Terms that are left of bits of one kind, of which there are so many in the mean."""
    if mean > MANY:
        return sum(OVER) / len(OVER)
    chance, left = math.exp(-mean), 0.0
    for bits in range(1, 3 * MANY):
        chance *= mean / bits
        over = OVER[(bits - len(LEFT)) % len(OVER)]
        left += chance * (LEFT[bits] if bits < len(LEFT) else over)
    return left


def _bits(inputs: int, sums: float) -> float:
    """By how much ``sums`` of all inputs are wider than those."""
    return sums * math.log2(inputs / sums)


def _tellers(sums: Sums, steps: int) -> float:
    """Functions of the step that differ, but for a complement, of which every addition has one."""
    kinds = 2.0 ** (steps - 1) - 1
    return kinds * -math.expm1(-(sums.shared + sums.alone) / kinds)
