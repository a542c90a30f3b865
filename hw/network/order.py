"""Order: which of two classes wins by integer scores, against the exact ones."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hw.network.exact import Exact

ROUNDING = 2.0**-24
"""Of a float32: scores closer than this part of what they are made of are a tie that no float32
can tell, and either class is right."""
LOOKED = 10_000_000
"""Thresholds between two classes that are looked at, at most: enough for 100 classes of a
thousand sums each. Of more, as many sums as that allows are looked at, evenly spread."""


class Affine(NamedTuple):
    """int64 (classes,) ``multipliers`` and ``offsets``; float ``scale``."""

    multipliers: np.ndarray
    offsets: np.ndarray
    scale: float


def disagreeing(affine: Affine, exact: Exact, sums: range) -> float:
    """Share of pairs of sums of two classes of which the integers choose the wrong class.

    A pair counts where the class with the higher exact score may be the highest of all, so that
    0 says that every frame's class is that of the exact scores. A multiplier has its slope's sign
    or is 0.
    """
    classes = len(exact.slopes)
    pairs = max(1, classes * (classes - 1) // 2) * len(sums) ** 2
    return sum(_wrong(affine, exact, sums)) / pairs


def agrees(affine: Affine, exact: Exact, sums: range) -> bool:
    """True if `disagreeing` is 0."""
    return not any(_wrong(affine, exact, sums))


def _wrong(affine: Affine, exact: Exact, sums: range) -> Iterator[float]:
    """Class by class, the pairs in which it should win and does not.

    For every sum of the class another's sums are cut in two, those that it should beat and those
    that it should not: a threshold by exact scores and one by integers.
    """
    slopes, levels = np.array(exact.slopes, float), np.array(exact.levels, float)
    multipliers, offsets = affine.multipliers, affine.offsets
    classes = len(slopes)
    ends = np.array([sums[0], sums[-1]], float)
    floor = (np.multiply.outer(ends, slopes) + levels).min(axis=0).max()
    every = max(1, -(-len(sums) * classes**2 // LOOKED))
    own = np.arange(sums[0], sums[-1] + 1, sums.step * every)
    for c in range(classes):
        score = slopes[c] * own + levels[c]
        may = score >= floor
        score, at = score[may], own[may]
        near = ROUNDING * (np.abs(slopes[c] * at) + abs(levels[c]) + np.abs(score)
                           + 2 * np.abs(levels[:, None]))
        should = _beaten(score - levels[:, None] - near, slopes, sums)
        found = multipliers[c] * at + offsets[c]
        # Of two equal scores the first class wins.
        does = _beaten_whole(found - offsets[:, None] - (np.arange(classes) < c)[:, None],
                             multipliers, sums)
        lost = np.maximum(should - does, 0)
        lost[c] = 0
        yield float(lost.sum()) * every


def _beaten(room: np.ndarray, slopes: np.ndarray, sums: range) -> np.ndarray:
    """Number of sums with ``slope * sum < room``, int64 (classes, N), for room (classes, N)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        limit = room / np.abs(slopes)[:, None]
        count = np.ceil((limit + sums[-1]) / sums.step)
    count = np.where(slopes[:, None] == 0, np.where(room > 0, len(sums), 0), count)
    return np.clip(count, 0, len(sums)).astype(np.int64)


def _beaten_whole(room: np.ndarray, multipliers: np.ndarray, sums: range) -> np.ndarray:
    """The same for integers and ``multiplier * sum <= room``."""
    sizes = np.abs(multipliers)[:, None]
    count = (room // np.maximum(sizes, 1) + sums[-1]) // sums.step + 1
    count = np.where(sizes == 0, np.where(room >= 0, len(sums), 0), count)
    return np.clip(count, 0, len(sums))
