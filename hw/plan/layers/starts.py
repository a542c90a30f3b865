"""The cost of what the sums of a product start from, whatever the homes of weights and buffers."""

from collections.abc import Callable

import numpy as np

from boards.board import Family
from boards.resources import Resources
from hw.cores.mvu import signedsum
from hw.cores.mvu import thresholds as memories
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import whole_passes
from hw.network.nodes.product import Product

Limits = Callable[[int, int], np.ndarray]
"""From pixels and uses to int64 (classes, uses, pixels, MH): thresholds of so many pixels at once,
for so many uses of a word of weights."""


class Starts:
    """Costs of the threshold memory of a product; those of many foldings are the same.

    Parameters
    ----------
    product : Product
    limits : Limits
    family : Family
    """

    def __init__(self, product: Product, limits: Limits, family: Family) -> None:
        self._product, self._limits, self._family = product, limits, family
        self._limits_of: dict[tuple[int, int], np.ndarray] = {}
        self._known: dict[tuple[int, ...], Resources] = {}

    def __call__(self, sizes: MvuSizes) -> Resources:
        simd = sizes.simd if sizes.element > 1 else 1
        differing = sizes.pe, sizes.pixels, sizes.reuse, simd
        if differing not in self._known:
            limits = self._side_by_side(sizes.pixels, sizes.reuse)
            words = memories.start_words(sizes, limits, self._excess(sizes))
            self._known[differing] = memories.resources(sizes, words, self._family)
        return self._known[differing]

    def _side_by_side(self, pixels: int, reuse: int) -> np.ndarray:
        """Limits of different pixels alone."""
        if (pixels, reuse) not in self._limits_of:
            self._limits_of[pixels, reuse] = np.unique(self._limits(pixels, reuse), axis=2)
        return self._limits_of[pixels, reuse]

    def _excess(self, sizes: MvuSizes) -> np.ndarray:
        """By how much lanes give more than a count, row by row: as if nothing for idle rows, which
        are few, and for bits, of which it is known only once their sums are made in logic."""
        if sizes.element == 1:
            return np.zeros(sizes.passes * sizes.pe, np.int64)
        weights = self._product.weights.reshape(sizes.outputs, -1)
        return whole_passes(signedsum.excess(weights, sizes.simd), sizes.pe)
