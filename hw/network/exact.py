"""Exact: the affine map behind the last sums in rational numbers, and the classes it chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from hw.network.nodes.node import Node
from hw.network.nodes.product import Product
from hw.network.thresholds import Decision

ROOT_BITS = 256
"""Behind the point of a square root; one that is rational has no error."""
SAME = Fraction(1, 1 << 200)
"""Scores that differ by less than this part of themselves are equal but for a rounded root."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exact:
    """``score[c] = slopes[c] * (sum over the map) + levels[c]``, as PyTorch means it."""

    slopes: tuple[Fraction, ...]
    levels: tuple[Fraction, ...]

    def best(self, sums: Sequence[int]) -> set[int]:
        """The classes with the highest score for one sum each; several where they tie."""
        scores = [slope * int(total) + level
                  for slope, total, level in zip(self.slopes, sums, self.levels, strict=True)]
        highest = max(scores)
        return {c for c, score in enumerate(scores) if highest - score <= SAME * abs(highest)}


def exact(decision: Decision, positions: int) -> Exact:
    """Of a batch norm over the average, or the sum, of a map of so many positions."""
    gamma, beta, mean, variance, bias = (
        [Fraction(float(value)) for value in values] for values in
        (decision.gamma, decision.beta, decision.mean, decision.variance, decision.bias))
    eps = Fraction(decision.eps)
    factors = [one / _root(spread + eps) for one, spread in zip(gamma, variance, strict=True)]
    shifts = [own - middle for own, middle in zip(bias, mean, strict=True)]
    return Exact(
        slopes=tuple(factor / positions for factor in factors),
        levels=tuple(factor * shift + level
                     for factor, shift, level in zip(factors, shifts, beta, strict=True)))


def reachable(node: Node, values: range, positions: int) -> range:
    """Every sum over a map of so many positions that a channel of a node may have, and few others;
    as many below 0 as above. ``values`` are those of the map."""
    if not isinstance(node, Product) or not node.binary:
        limit = max(abs(values[0]), abs(values[-1])) * positions
        return range(-limit, limit + 1)
    geometry = node.geometry
    counted = geometry.size * positions
    if geometry.pad == "zero":
        taps = geometry.inside.sum(axis=(1, 2))[geometry.border]
        counted = geometry.channels * int(taps.sum())
    return range(-counted, counted + 1, 2)


def _root(value: Fraction) -> Fraction:
    """Square root of a number above 0."""
    product = value.numerator * value.denominator
    whole = isqrt(product)
    if whole * whole == product:
        return Fraction(whole, value.denominator)
    return Fraction(isqrt(product << 2 * ROOT_BITS), value.denominator << ROOT_BITS)
