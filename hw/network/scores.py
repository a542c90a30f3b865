"""Scores: the affine map behind the last integer sums, in integers.

PyTorch's score is ``slope * (sum - centre) + level`` for the sum over all positions of the map.
Integer scores are ``multiplier * sum + offset``, ``scale`` times smaller.
"""

from typing import NamedTuple

import numpy as np

MULTIPLIER = (1 << 17) - 1
"""Largest multiplier: 18 bits signed, what one multiplier block of an ECP5 takes."""
OFFSET = 1 << 31
"""About the largest offset; a class so far away from the others needs no finer scale."""


class Affine(NamedTuple):
    """int64 (classes,) ``multipliers`` and ``offsets``; float ``scale``."""

    multipliers: np.ndarray
    offsets: np.ndarray
    scale: float


def quantise(slopes: np.ndarray, centres: np.ndarray, levels: np.ndarray) -> Affine:
    """Integers for the affine map of float64 (classes,) arrays.

    Equal slopes and no levels are exact: multiplier 1, offset 0. Equal slopes with levels
    (a bias) have the multiplier 2^16, so that only the level is rounded, to half a scale.
    Otherwise the largest multiplier has 18 bits, and the score of class c at a sum S is off by at
    most ``scale * (|S - centre[c]| + 1) / 2``; centres are the running means, where sums are.
    Two classes whose float scores differ by more than the sum of their two bounds keep their order.
    """
    equal, size = bool((slopes == slopes[0]).all()), float(np.abs(slopes).max())
    if equal and slopes[0] > 0 and not (levels - slopes * centres).any():
        return Affine(np.ones(len(slopes), np.int64), np.zeros(len(slopes), np.int64), size)
    scale = size / (1 << 16 if equal else MULTIPLIER)
    scale = max(scale, float(np.abs(levels - slopes * centres).max()) / OFFSET) or 1.0
    multipliers = np.rint(slopes / scale).astype(np.int64)
    offsets = np.rint(levels / scale - multipliers * centres).astype(np.int64)
    return Affine(multipliers, offsets, scale)
