"""Thresholds: the batch norm and sign behind an integer sum, as one integer per channel.

The bit is ``gamma * (acc + bias - mean) / sqrt(variance + eps) + beta >= 0``. It steps once, at
``t = mean - bias - beta * sqrt(variance + eps) / gamma``; the BNN-DL paper (1904.02823) prints the
last sign as plus, which is wrong. Where gamma is negative the channel is negated (``sign`` = -1),
so that every bit is ``sign * acc >= threshold``.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Bits = Callable[[np.ndarray], np.ndarray]
"""From one folded sum per channel, int64 (MH,), to one bit per channel, bool (MH,)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """Parameters that decide a bit; arrays are (MH,) of the checkpoint's float32 values.

    A layer without batch norm has gamma 1, beta 0, variance 1, eps 0, and its thresholds, or 0, as
    the mean.
    """

    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    eps: float
    bias: np.ndarray

    @property
    def signs(self) -> np.ndarray:
        """int64 (MH,): -1 where gamma is negative, otherwise +1."""
        return np.where(self.gamma < 0, -1, 1)

    def exact(self, bound: int) -> np.ndarray:
        """int64 (MH,) thresholds on ``signs * acc`` in [-bound, bound + 1], without any rounding.

        The parameters are rationals and only the square root is not, so both sides of the
        comparison are squared with their signs kept.
        """
        return np.array([self._exact(channel, bound) for channel in range(len(self.gamma))],
                        np.int64).reshape(-1)

    def _exact(self, channel: int, bound: int) -> int:
        gamma, beta, mean, bias = (Fraction(float(values[channel])) for values in
                                   (self.gamma, self.beta, self.mean, self.bias))
        spread = Fraction(float(self.variance[channel])) + Fraction(self.eps)
        sign, least = int(self.signs[channel]), -_squared(beta) * spread

        def bit(acc: int) -> bool:
            return _squared(gamma * (sign * acc + bias - mean)) >= least

        return bisect_left(range(-bound, bound + 1), True, key=bit) - bound

    def delicate(self, thresholds: np.ndarray, bound: int) -> np.ndarray:
        """bool (MH,): float32 rounding decides a reachable sum next to the threshold.

        Processors round differently (some fuse multiply and add), so such a bit may differ
        between the machine that trained and the machine that folds. Without a batch norm there is
        one addition and one comparison, which no processor rounds in another way.
        """
        if not self.eps:
            return np.zeros(len(self.gamma), bool)
        slope = self.gamma.astype(np.float64) / np.sqrt(self.variance.astype(np.float64) + self.eps)
        near = np.zeros(len(slope), bool)
        for folded in (thresholds - 1, thresholds):
            acc = self.signs * folded
            exact = slope * (acc + self.bias.astype(np.float64) - self.mean) + self.beta
            size = np.abs(slope) * (np.abs(acc) + np.abs(self.bias) + np.abs(self.mean))
            rounding = 4 * np.finfo(np.float32).eps * (size + np.abs(self.beta))
            near |= (np.abs(exact) <= rounding) & (np.abs(folded) <= bound) & (slope != 0)
        return near


def settle(thresholds: np.ndarray, bits: Bits, bound: int) -> np.ndarray:
    """Move each threshold to where ``bits`` really steps, if it is not there already.

    ``bits`` must not fall when a sum rises. Thresholds are looked at from both sides, at T - 1
    and at T, as far as [-bound, bound] reaches; only if some channel disagrees all are searched.
    """
    below = bits(np.maximum(thresholds - 1, -bound)) & (thresholds > -bound)
    at = ~bits(np.minimum(thresholds, bound)) & (thresholds <= bound)
    if not (below | at).any():
        return thresholds
    return np.where(below | at, _search(bits, len(thresholds), bound), thresholds)


def _search(bits: Bits, channels: int, bound: int) -> np.ndarray:
    low, high = np.full(channels, -bound), np.full(channels, bound + 1)
    while (low < high).any():
        middle = (low + high) // 2
        # A channel that is done may stand at bound + 1, which no sum reaches.
        one = bits(np.minimum(middle, bound)) & (middle <= bound)
        high = np.where(one, middle, high)
        low = np.where(one | (low >= high), low, middle + 1)
    return high


def _squared(value: Fraction) -> Fraction:
    """value * abs(value), which keeps the order of all numbers."""
    return value * abs(value)
