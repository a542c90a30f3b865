"""Contents of a folded layer's memories: limits per border class, the head's affine; and the
foldings there are.

Hardware does not compute the accumulator but a *count*, which needs no sign and no second adder:

- of bits: how many of all MW inputs agree with their weights, a padded tap reading the pad's bit
  (``zero`` and ``-1``: 0, ``+1``: 1);
- of integers: the sum of ``q`` where the weight is +1 and of ``~q = -q - 1`` where it is -1, a
  padded tap reading the pad's integer.

The accumulator is affine in the count, per channel and border class, so what was left out moves
into the limit a count is compared with, at no cost.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold

MOST_REUSE = 4
"""Cycles for which a word of weights is used at most: more save few ports, and pixels must wait for
each other."""

MOST_OF_A_BEAT = 4
"""Pixels of a map that come in a beat at most: with more, layers are faster than any that fit."""


def element_bits(inputs: range) -> int:
    """Width of one input: 1 for a bit, otherwise two's complement of any of ``inputs``, of 2 bits
    at least."""
    if inputs == BITS:
        return 1
    ends = inputs[0], inputs[-1]
    return max(1, *((value if value >= 0 else ~value).bit_length() for value in ends)) + 1


def pad_element(product: Product) -> int:
    """Value of a padded tap: a bit, or a signed integer."""
    pad = product.geometry.pad
    if product.binary:
        return int(pad == "+1")
    return 0 if pad in ("none", "zero") else int(pad)


def border_classes(product: Product, pixels: int = 1) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Class of every output row and of every ``pixels`` output columns; a position's is
    ``row class * (number of column classes) + column class``.

    All are 0 unless padding is by taps that do not count: any other pad is an input like others.
    """
    geometry = product.geometry
    columns = geometry.out_width // pixels
    if not _ternary(product):
        return (0,) * geometry.out_height, (0,) * columns
    known: dict[tuple[int, ...], int] = {}
    for side_by_side in _side_by_side(geometry, pixels):
        known.setdefault(side_by_side, len(known))
    return geometry.row_classes[0], tuple(map(known.__getitem__, _side_by_side(geometry, pixels)))


def classes(product: Product, pixels: int = 1) -> int:
    """Number of border classes that the limits of ``pixels`` at once differ by."""
    return _classes(product.geometry, pixels) if _ternary(product) else 1


def count_range(product: Product) -> range:
    """Every count that can occur, in any border class."""
    size = product.geometry.size
    if product.binary:
        return range(size + 1)
    low, high = min(product.inputs), max(product.inputs)
    low, high = min(low, ~high), max(high, ~low)
    return range(size * low, size * high + 1)


def limits(product: Product, threshold: Threshold, pixels: int = 1) -> np.ndarray:
    """int64 (classes, pixels, channels): the limit on a count; a bit is ``count >= limit``.

    Limits stay within ``count_range`` and one above, so they fit the count's width plus one value.
    """
    channels = threshold.channels
    slope, constants = _accumulator(product)
    copies = channels // product.outputs
    exact = -((constants.repeat(copies, axis=1) - threshold.thresholds) // slope)
    counts = count_range(product)
    limits = np.clip(exact, counts.start, counts.stop)
    if not _ternary(product):
        return limits[:, None].repeat(pixels, axis=1)
    geometry = product.geometry
    rows = limits.reshape(-1, len(geometry.column_classes[1]), channels)
    columns = np.array(list(dict.fromkeys(_side_by_side(geometry, pixels))))
    return rows[:, columns].reshape(-1, pixels, channels)


def totals(product: Product) -> np.ndarray:
    """int64 (classes, 1, 1, MH): what a sum of products is at a count of 0; of bits each count adds
    2 to it, and within a class all are odd or all are even."""
    _, constants = _accumulator(product)
    return constants[:, None, None, :]


def limits_by_use(
    product: Product, threshold: Threshold, pixels: int, reuse: int
) -> np.ndarray:
    """int64 (classes, uses, pixels, channels): `limits` of ``pixels`` at once for each of
    ``reuse`` uses of a word of weights, or for a single one where all have the same."""
    each = limits(product, threshold, pixels * reuse)
    each = each.reshape(len(each), reuse, pixels, threshold.channels)
    return each[:, :1] if (each == each[:, :1]).all() else each


def head_affine(product: Product, scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """int64 (classes,) multipliers and offsets: ``score = M * (sum of counts) + O``.

    The sum is over all positions of the map.
    """
    slope, constants = _accumulator(product)
    geometry = product.geometry
    border = geometry.border if _ternary(product) else np.zeros_like(geometry.border)
    missing = constants[border].sum(axis=(0, 1))
    return slope * scores.multipliers, scores.offsets + scores.multipliers * missing


def simd_choices(geometry: Geometry, *, vector: bool = False) -> list[int]:
    """Inputs a window can give at once: a divisor of its channels, or t whole taps of it,
    where t divides all taps. Of a vector that comes in parts any divisor."""
    channels, taps = geometry.channels, geometry.taps
    if vector:
        return divisors(geometry.size)
    return sorted({*divisors(channels), *(channels * tap for tap in divisors(taps))})


def pe_choices(product: Product, *, even: bool = False) -> list[int]:
    """Output channels at once: for every number of passes the fewest, or, for passes that are all
    ``even``, the divisors of MH."""
    if even:
        return divisors(product.outputs)
    return sorted({-(-product.outputs // times) for times in range(1, product.outputs + 1)})


def pixel_choices(geometry: Geometry) -> list[int]:
    """Output pixels side by side that may be computed at once: the divisors of a row's."""
    return divisors(geometry.out_width)


def beat_choices(width: int) -> list[int]:
    """Pixels of a map that may come in a beat: divisors of the ``width`` of a row."""
    return [each for each in divisors(width) if each <= MOST_OF_A_BEAT]


def reuse_choices(product: Product, pixels: int) -> list[int]:
    """Cycles for which a word of weights may be used, while so many times ``pixels`` of a row pass
    by."""
    every = divisors(product.geometry.out_width // pixels)
    return [each for each in every if each <= MOST_REUSE]


def check_folding(product: Product, *, pe: int, simd: int) -> None:
    """Raise ValueError unless PE is worth building and SIMD divides the inputs."""
    if pe not in pe_choices(product):
        raise ValueError(f"layer {product.name!r}: fewer than PE {pe} take {product.outputs} "
                         f"outputs in as many passes; try {pe_choices(product)}")
    if simd not in divisors(product.geometry.size):
        raise ValueError(f"layer {product.name!r}: SIMD {simd} does not divide "
                         f"{product.geometry.size} inputs; try {simd_choices(product.geometry)}")


def _side_by_side(geometry: Geometry, pixels: int) -> Sequence[tuple[int, ...]]:
    """The column classes of every ``pixels`` output columns."""
    columns = geometry.column_classes[0]
    return [columns[first : first + pixels] for first in range(0, len(columns), pixels)]


@cache
def _classes(geometry: Geometry, pixels: int) -> int:
    """Of rows, times those of every ``pixels`` columns."""
    return len(geometry.row_classes[1]) * len(set(_side_by_side(geometry, pixels)))


def _ternary(product: Product) -> bool:
    """Padded taps do not count: only bits cannot say so themselves."""
    return product.binary and product.geometry.pad == "zero"


def _accumulator(product: Product) -> tuple[int, np.ndarray]:
    """``acc = slope * count + constants[border class][channel]``, int64 (classes, MH)."""
    size, negative = product.geometry.size, product.weights < 0
    if not product.binary:
        return 1, negative.sum(axis=(1, 2, 3), dtype=np.int64)[None, :]
    if not _ternary(product):
        return 2, np.full((1, product.outputs), -size, np.int64)
    inside = product.geometry.inside
    # A padded tap reads 0, which agrees with a weight of -1: those were counted, but must not be.
    agreeing = np.einsum("kyx,myxc->km", (~inside).astype(np.int64), negative.astype(np.int64))
    counted = inside.sum(axis=(1, 2)) * product.geometry.channels
    return 2, -counted[:, None] - 2 * agreeing


def divisors(number: int) -> list[int]:
    """Of a number, from 1 on."""
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]
