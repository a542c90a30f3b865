"""The cost of sums with constant weights: `hw.cores.mvu.sharing` counted for random weights,
unbuilt.

How many different sums there are follows from how many weights there are; what they take is fitted
to the cells of random matrices of up to 128 outputs on up to 1024 inputs: in the mean to 3 % of
the LUT4 of bits (127 matrices), to 10 % of those of integers (117), which only a first layer takes.
"""

import math
from functools import cache

from boards.resources import Resources
from hw.cores.mvu.sharing import LEVELS


@cache
def resources(outputs: int, inputs: int, element: int) -> Resources:
    """Cost of every count of one vector, without the registers before and behind."""
    rows = max(1.0, _kinds(outputs, inputs))
    adders, growth = _halved(rows, inputs)
    if element == 1:
        bits = rows * math.log2(inputs + 1)
        return Resources(
            lut=round(1.845 * adders + 1.565 * growth + 0.771 * bits),
            ff=round(0.831 * adders + 0.816 * growth + 0.406 * bits),
        )
    joined, joined_bits, kept = _joined(rows, inputs, element)
    return min(
        Resources(lut=round(2.02 * joined + 0.945 * joined_bits), ff=round(0.9 * kept)),
        Resources(
            lut=round((1.221 * element + 2.856) * adders + 0.989 * growth),
            ff=round(0.55 * (adders * (element + 0.5) + growth)),
        ),
        key=lambda each: each.lut,
    )


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
    """How many of ``number`` random sets of ``size`` signs differ, but for the sign of them all."""
    kinds = 2.0 ** min(size - 1, 60)
    return kinds * -math.expm1(-number / kinds)


def _bits(inputs: int, sums: float) -> float:
    """By how much ``sums`` of all inputs are wider than those."""
    return sums * math.log2(inputs / sums)


def _depth(inputs: int) -> int:
    return (inputs - 1).bit_length()
