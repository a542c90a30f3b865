"""Scores: the affine map behind the last integer sums, in integers.

PyTorch's score is ``slope * (sum - centre) + level`` for the sum over all positions of the map.
Integer scores are ``multiplier * sum + offset``, in `usual` networks ``scale`` times smaller.
"""

from fractions import Fraction

import numpy as np

from hw.network.exact import Exact
from hw.network.order import ROUNDING, Affine, agrees, disagreeing

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
    has a constant, and slopes so steep that all but a sum jump over the other classes' scores are
    lowered, all by one factor.
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
    """True if levels over an equal slope are passed at the same differences of two sums."""
    size, levels = abs(int(known.multipliers[0])), [int(offset) for offset in known.offsets]
    if not size:
        return False
    slope, reach = abs(exact.slopes[0]), sums[-1] - sums[0] + sums.step

    def step(distance: Fraction) -> tuple[Fraction, bool]:
        clipped = _whole(min(max(distance, Fraction(-reach)), Fraction(reach)) / sums.step)
        return Fraction(clipped // 1), clipped.denominator == 1

    return all(
        step((exact.levels[i] - exact.levels[j]) / slope) == step(Fraction(one - other, size))
        for i, one in enumerate(levels) for j, other in enumerate(levels[:i]))


def _ranked(known: Affine, exact: Exact, sums: range) -> Affine:
    """Of levels over an equal slope the whole steps of the sums, and the order of what is left."""
    slope, reach = exact.slopes[0], sums[-1] - sums[0] + sums.step
    highest = max(exact.levels)
    places = [_whole(max((level - highest) / abs(slope), Fraction(-reach)) / sums.step)
              for level in exact.levels]
    parts = sorted({place % 1 for place in places})
    unit = max(1 << 16, len(parts))
    spread = sums.step * unit // len(parts)
    offsets = [(place // 1) * sums.step * unit + parts.index(place % 1) * spread
               for place in places]
    multiplier = unit if slope > 0 else -unit
    return Affine(np.full_like(known.multipliers, multiplier), np.array(offsets, np.int64),
                  float(abs(slope)) / unit)


def _whole(steps: Fraction) -> Fraction:
    """Steps of the sums; a whole number where float32 cannot tell them from one, as between two
    levels behind a variance of 1 and an eps of 1e-12. Classes that tie for PyTorch then tie."""
    near = round(steps)
    return Fraction(near) if abs(steps - near) <= ROUNDING * abs(steps) else steps


Line = tuple[Fraction, Fraction]
"""Slope and level of a class."""
Tamed = tuple[list[Fraction], list[Fraction]]


def _tamed(exact: Exact, sums: range) -> Tamed:
    """Slopes, and levels above the score that some class always has, that choose the same class."""
    lines = list(zip(exact.slopes, exact.levels, strict=True))
    floor = max(_ends(line, sums)[0] for line in lines)
    alive = [c for c, line in enumerate(lines) if _ends(line, sums)[1] >= floor]
    alive.sort(key=lambda c: abs(lines[c][0]))
    for count in range(1, len(alive)):
        flat, steep = alive[:count], alive[count:]
        ceiling = max(_ends(lines[c], sums)[1] for c in flat)
        factor, shift = _lower([lines[c] for c in steep], floor, ceiling, sums)
        for c in steep:
            lines[c] = factor * lines[c][0], factor * lines[c][1] + shift
    span = max(_ends(lines[c], sums)[1] for c in alive) - floor
    for c in set(range(len(lines))) - set(alive):
        lines[c] = Fraction(0), floor - (span / 4 or 1)
    return [slope for slope, _ in lines], [level - floor for _, level in lines]


def _ends(line: Line, sums: range) -> tuple[Fraction, Fraction]:
    """The lowest and the highest score of a class."""
    slope, level = line
    low, high = sorted((slope * sums[0] + level, slope * sums[-1] + level))
    return low, high


def _lower(
    steep: list[Line], floor: Fraction, ceiling: Fraction, sums: range
) -> tuple[Fraction, Fraction]:
    """Factor and shift for all scores of steep classes, which change no order among them.

    The others' scores end at ``ceiling``. What is above stays above, what is below ``floor`` stays
    below, and a single score between them stays where it is; with several there is no way.
    """
    between, above, below = set(), [], []
    for line in steep:
        low, step = _ends(line, sums)[0], abs(line[0]) * sums.step
        first = min(max(-((low - floor) // step), 0), len(sums))
        behind = min(max((ceiling - low) // step + 1, 0), len(sums))
        if behind - first > 1:
            return Fraction(1), Fraction(0)
        between |= {low + step * k for k in range(first, behind)}
        above += [low + step * behind] if behind < len(sums) else []
        below += [low + step * (first - 1)] if first else []
    room = (ceiling - floor) / 4 or Fraction(1)
    if len(between) > 1 or not above + below:
        return Fraction(1), Fraction(0)
    if between:
        (kept,) = between
        factor = max([(ceiling + room - kept) / (each - kept) for each in above]
                     + [(kept - floor + room) / (kept - each) for each in below])
        shift = kept - factor * kept
    else:
        factor = (ceiling - floor + 2 * room) / (min(above) - max(below))
        shift = ceiling + room - factor * min(above)
    return (factor, shift) if factor < 1 else (Fraction(1), Fraction(0))


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
