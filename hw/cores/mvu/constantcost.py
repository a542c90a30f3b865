"""The cost of sums with constant weights: `hw.cores.mvu.sharing` counted for random weights,
unbuilt.

How many different sums there are follows from how many weights there are; what they take is fitted
to the cells of random matrices of up to 128 outputs on up to 1024 inputs: in the mean to 5 % of
the LUT4 of bits (194 matrices), to 6 % of those of integers (200), which only a first layer takes.
"""

import math
from dataclasses import dataclass
from functools import cache

from boards.resources import Resources
from hw.cores.fitted import Coefficients, fitted
from hw.cores.mvu.sharing import LEVELS

WIDER = 0.5
"""Bits by which a sum of integers that is registered is wider than an input, beyond its growth."""


@dataclass(frozen=True, kw_only=True)
class BitLut(Coefficients):
    """LUT4 of counts of bits: of an adder, of a bit by which sums grow, of a bit of a count."""

    adder: float = 1.659
    growth: float = 1.266
    bit: float = 0.494


@dataclass(frozen=True, kw_only=True)
class BitFf(Coefficients):
    """Flip-flops of counts of bits, by the same."""

    adder: float = 0.831
    growth: float = 0.816
    bit: float = 0.406


@dataclass(frozen=True, kw_only=True)
class JoinedLut(Coefficients):
    """LUT4 of sums of integers where halves of the inputs are joined: of an adder, and of each of
    its bits."""

    adder: float = 0.863
    bit: float = 1.109


@dataclass(frozen=True, kw_only=True)
class JoinedFf(Coefficients):
    """Flip-flops of the same: of a bit that is registered."""

    kept: float = 0.9


@dataclass(frozen=True, kw_only=True)
class HalvedLut(Coefficients):
    """LUT4 of sums of integers where rows are halved: of each bit of an input of an adder, of an
    adder, and of a bit by which sums grow."""

    bit: float = 1.267
    adder: float = 2.273
    growth: float = 5.037


@dataclass(frozen=True, kw_only=True)
class HalvedFf(Coefficients):
    """Flip-flops of the same: of each bit of every sum, of which only some are registered."""

    kept: float = 0.55


@fitted(BitLut())
def bit_lut(c: BitLut, outputs: int, inputs: int) -> float:
    """LUT4 of counts of bits."""
    rows = _rows(outputs, inputs)
    adders, growth = _halved(rows, inputs)
    return c.adder * adders + c.growth * growth + c.bit * (rows * math.log2(inputs + 1))


@fitted(BitFf())
def bit_ff(c: BitFf, outputs: int, inputs: int) -> float:
    """Flip-flops of counts of bits."""
    rows = _rows(outputs, inputs)
    adders, growth = _halved(rows, inputs)
    return c.adder * adders + c.growth * growth + c.bit * (rows * math.log2(inputs + 1))


@fitted(JoinedLut())
def joined_lut(c: JoinedLut, outputs: int, inputs: int, element: int) -> float:
    """LUT4 of sums of integers, halves of the inputs joined."""
    adders, bits, _ = _joined(_rows(outputs, inputs), inputs, element)
    return c.adder * adders + c.bit * bits


@fitted(JoinedFf())
def joined_ff(c: JoinedFf, outputs: int, inputs: int, element: int) -> float:
    """Flip-flops of sums of integers, halves of the inputs joined."""
    *_, kept = _joined(_rows(outputs, inputs), inputs, element)
    return c.kept * kept


@fitted(HalvedLut())
def halved_lut(c: HalvedLut, outputs: int, inputs: int, element: int) -> float:
    """LUT4 of sums of integers, rows halved."""
    adders, growth = _halved(_rows(outputs, inputs), inputs)
    return (c.bit * element + c.adder) * adders + c.growth * growth


@fitted(HalvedFf())
def halved_ff(c: HalvedFf, outputs: int, inputs: int, element: int) -> float:
    """Flip-flops of sums of integers, rows halved."""
    adders, growth = _halved(_rows(outputs, inputs), inputs)
    return c.kept * (adders * (element + WIDER) + growth)


@cache
def resources(outputs: int, inputs: int, element: int) -> Resources:
    """Cost of every count of one vector, without the registers before and behind: of integers that
    of the way which takes fewer LUT4."""
    if element == 1:
        return Resources(
            lut=round(bit_lut(outputs, inputs)), ff=round(bit_ff(outputs, inputs))
        )
    sizes = outputs, inputs, element
    return min(
        Resources(lut=round(joined_lut(*sizes)), ff=round(joined_ff(*sizes))),
        Resources(lut=round(halved_lut(*sizes)), ff=round(halved_ff(*sizes))),
        key=lambda each: each.lut,
    )


def _rows(outputs: int, inputs: int) -> float:
    """Random rows of weights that differ, but for the sign of them all."""
    return max(1.0, _kinds(outputs, inputs))


@cache
def _halved(rows: float, inputs: int) -> tuple[float, float]:
    """Adders, and bits by which sums outgrow what they are made of, where rows are halved."""
    adders = growth = 0.0
    before, size = float(inputs), rows
    while True:
        # Inputs that all rows of a part take alike, but for one sign, are one sum.
        sums = min(_kinds(inputs, size) if size > 1 else 1.0, before)
        adders += rows / size * (before - sums)
        growth += rows / size * (_bits(inputs, before) - _bits(inputs, sums))
        if size <= 1:
            return adders, growth
        before, size = sums, max(size / 2, 1.0)


@cache
def _joined(rows: float, inputs: int, element: int) -> tuple[float, float, float]:
    """Adders, their bits, and registers, where halves of the inputs are joined."""
    adders = bits = 0.0
    parts = {inputs: 1}
    while parts:
        halves: dict[int, int] = {}
        for size, count in parts.items():
            if size > 1:
                sums = count * _kinds(rows, size)
                adders += sums
                bits += sums * (element + _depth(size) - 1)
                for half in (size // 2, size - size // 2):
                    halves[half] = halves.get(half, 0) + count
        parts = halves
    kept = sum(
        inputs / 2**level * _kinds(rows, 2**level) * (element + level)
        for level in range(LEVELS, _depth(inputs), LEVELS)
    )
    return adders, bits, kept


def _kinds(number: float, size: float) -> float:
    """Those of ``number`` random sets of ``size`` signs that differ, but for the sign of all."""
    kinds = 2.0 ** min(size - 1, 60)
    return kinds * -math.expm1(-number / kinds)


def _bits(inputs: int, sums: float) -> float:
    """By how much ``sums`` of all inputs are wider than those."""
    return sums * math.log2(inputs / sums)


def _depth(inputs: int) -> int:
    return (inputs - 1).bit_length()
