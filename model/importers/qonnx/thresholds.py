"""Thresholds of a quantiser of several levels, on the integers that a layer sums."""

from dataclasses import dataclass

import numpy as np

from model.importers.qonnx.quantisers import Quantiser
from model.importers.qonnx.values import Value
from model.refusal import Refusal

COPIES = 15
"""Most steps of an activation: copies of a channel that a duplicate makes."""

LARGEST = 2**23
"""Integers above have no halves between them in float32."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where x takes a step: ``signs * (x - means) >= 0``.

    signs (C,) are +1 and -1; means (C, count) are halves, so that no x is on one. Level n of the
    quantiser is ``middle`` plus half the sum of +1 and -1.
    """

    signs: np.ndarray
    means: np.ndarray
    middle: float

    @property
    def count(self) -> int:
        return self.means.shape[1]


def thresholds(value: Value, quantiser: Quantiser, scale: np.ndarray) -> Thresholds:
    """The thresholds on the integers x of ``value``, exact in float64 for any rounding.

    Parameters
    ----------
    scale : the quantiser's, for each channel.
    """
    if value.bound >= LARGEST:
        raise Refusal(f"quantises sums of up to {value.bound:,}; at most {LARGEST:,} are"
                      " understood, so use fewer inputs or bits")
    slope, level = (value.by_channel(part)[:, None] for part in (value.slope, value.level))
    signs = np.where(slope < 0, -1.0, 1.0)

    def levels(whole: np.ndarray) -> np.ndarray:
        real = np.clip(signs * slope * whole + level, value.low, value.high)
        return quantiser.levels(real, scale[:, None])

    ends = [quantiser.levels(np.array([end]), scale[:1])[0] for end in (value.low, value.high)]
    low, high = int(ends[0]), int(ends[1])
    if high == low:
        raise Refusal("quantises to one level what a Relu or Clip has cut off; leave that out")
    if high - low > COPIES:
        raise Refusal(f"an activation of {high - low + 1:,} levels; at most {COPIES + 1} are"
                      " understood, so use fewer bits")
    steps = np.arange(low + 1, high + 1, dtype=np.float64)[None, :]
    least = np.full((len(slope), steps.size), -value.bound, np.int64)
    most = np.full_like(least, value.bound + 1)
    while (least < most).any():
        middle = (least + most) // 2
        reached = np.stack([levels(middle[:, [place]].astype(np.float64))[:, 0] >= step
                            for place, step in enumerate(steps[0])], axis=1)
        most = np.where(reached, middle, most)
        least = np.where(reached, least, np.minimum(middle + 1, most))
    means = signs * (most - 0.5)
    return Thresholds(signs=signs[:, 0], means=means, middle=(low + high) / 2)
