"""Scores: the affine map behind the last integer sums, in integers.

PyTorch's score is ``slope * (sum - centre) + level`` for the sum over all positions of the map.
Integer scores are ``multiplier * sum + offset``, in `usual` networks ``scale`` times smaller.
"""

from fractions import Fraction

import numpy as np

from hw.network.exact import Exact
from hw.network.order import Affine, agrees, disagreeing

WIDTH = 18
"""Bits of usual multipliers, their sign included: what one multiplier block of an ECP5 takes."""
MULTIPLIER = (1 << WIDTH - 1) - 1
OFFSET = 1 << 31
"""About the largest usual offset."""
RARE = 2.0**-18
"""Share of pairs of sums, of which 18 bits may choose the wrong class: as few as a product of 18
bits cannot help where all slopes are of a size. One that is larger would coarsen the others."""
SCORE = 1 << 60
"""No score is larger: they are int64 here, and 8 bytes on the line."""


def usual(slopes: np.ndarray, centres: np.ndarray, levels: np.ndarray) -> Affine:
    """Integers for the affine map of float64 (classes,) arrays, of slopes of about one size.

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


def settled(known: Affine, exact: Exact, sums: range) -> Affine:
    """``known``, if it chooses the exact scores' class for all but `RARE` ``sums``; otherwise the
    narrowest that always does, but for ties that float32 cannot tell.

    Slopes that are all equal are always exact: there only the levels' order counts. Where slopes
    are far apart scores keep their order only, and not their values: a class that can never win
    has a constant, and a slope that leaves no two sums in reach of the other classes is cut.
    """
    if len(set(exact.slopes)) == 1 and exact.slopes[0]:
        return known if _same_steps(known, exact, sums) else _ranked(known, exact, sums)
    if disagreeing(known, exact, sums) <= RARE:
        return known
    tamed = _tamed(exact, sums)
    for bits in range(WIDTH, 63):
        trial = _rounded(tamed, bits)
        if _highest(trial, sums) >= SCORE:
            break
        multipliers, offsets, scale = trial
        known = Affine(np.array(multipliers, np.int64), np.array(offsets, np.int64), scale)
        if agrees(known, exact, sums):
            break
    return known


def _same_steps(known: Affine, exact: Exact, sums: range) -> bool:
    """Whether levels over an equal slope are passed at the same differences of two sums."""
    size, levels = abs(int(known.multipliers[0])), [int(offset) for offset in known.offsets]
    if not size:
        return False
    slope, reach = abs(exact.slopes[0]), sums[-1] - sums[0] + sums.step

    def step(distance: Fraction) -> tuple[Fraction, bool]:
        clipped = min(max(distance, Fraction(-reach)), Fraction(reach)) / sums.step
        return Fraction(clipped // 1), clipped.denominator == 1

    return all(
        step((exact.levels[i] - exact.levels[j]) / slope) == step(Fraction(one - other, size))
        for i, one in enumerate(levels) for j, other in enumerate(levels[:i]))


def _ranked(known: Affine, exact: Exact, sums: range) -> Affine:
    """Of levels over an equal slope the whole steps of the sums, and the order of what is left."""
    slope, reach = exact.slopes[0], sums[-1] - sums[0] + sums.step
    highest = max(exact.levels)
    places = [max((level - highest) / abs(slope), Fraction(-reach)) / sums.step
              for level in exact.levels]
    parts = sorted({place % 1 for place in places})
    unit = max(1 << 16, len(parts))
    spread = sums.step * unit // len(parts)
    offsets = [(place // 1) * sums.step * unit + parts.index(place % 1) * spread
               for place in places]
    multiplier = unit if slope > 0 else -unit
    return Affine(np.full_like(known.multipliers, multiplier), np.array(offsets, np.int64),
                  float(abs(slope)) / unit)


Tamed = tuple[list[Fraction], list[Fraction]]


def _tamed(exact: Exact, sums: range) -> Tamed:
    """Slopes, and levels above the score that some class always has, that choose the same class."""
    ends = [sorted((slope * sums[0] + level, slope * sums[-1] + level))
            for slope, level in zip(exact.slopes, exact.levels, strict=True)]
    floor = max(low for low, _ in ends)
    most, second = sorted((high for _, high in ends), reverse=True)[:2] + (
        [floor] if len(ends) == 1 else [])
    room = max(second - floor, Fraction(0)) / 4 or Fraction(1)
    slopes, levels = [], []
    for slope, level, (_, high) in zip(exact.slopes, exact.levels, ends, strict=True):
        above = second if high == most else most
        if high < floor:
            slope, level = Fraction(0), floor - room
        elif abs(slope) * sums.step > 2 * (above - floor) + room:
            slope, level = _cut(slope, level, floor, above, room, sums)
        slopes.append(slope)
        levels.append(level - floor)
    return slopes, levels


def _cut(slope: Fraction, level: Fraction, floor: Fraction, above: Fraction, room: Fraction,
         sums: range) -> tuple[Fraction, Fraction]:
    """A steep class of which one sum at most is between ``floor`` and ``above``, less steep."""
    flat = (2 * (above - floor) + room) / sums.step * (1 if slope > 0 else -1)
    # Sums before and behind the middle of what matters, or the one that is within it.
    near = ((floor + above) / 2 - level) / slope
    before = sums[0] + (near - sums[0]) // sums.step * sums.step
    for at in (before, before + sums.step):
        if floor <= slope * at + level <= above:
            return flat, slope * at + level - flat * at
    return flat, (floor + above) / 2 - flat * (before + Fraction(sums.step, 2))


def _rounded(tamed: Tamed, bits: int) -> tuple[list[int], list[int], float]:
    """Multipliers of so many bits, and offsets."""
    slopes, levels = tamed
    size = max(map(abs, slopes)) or max(map(abs, levels)) or Fraction(1)
    scale = size / ((1 << bits - 1) - 1)
    return [round(slope / scale) for slope in slopes], [round(level / scale) for level in levels], (
        float(scale))


def _highest(trial: tuple[list[int], list[int], float], sums: range) -> int:
    return max(abs(multiplier) * sums[-1] + abs(offset)
               for multiplier, offset in zip(*trial[:2], strict=True))
