"""Sources of random decisions: a seed, a list, or another program.

A random drawing makes one decision after the other. With decisions by Hypothesis failures can be
found and shrunk (`benchmarks.random_networks`); the list of the decisions repeats a drawing.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Choices(ABC):
    """A source of decisions, each an integer; lower ones should draw simpler things."""

    @abstractmethod
    def between(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``, both included."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first should be the simplest."""
        return options[self.between(0, len(options) - 1)]

    def odds(self, probability: float) -> bool:
        """True with a probability."""
        return self.between(0, 99) >= 100 * (1 - probability)

    def noise(self) -> np.random.Generator:
        """A generator of numbers that are no decisions, such as weights."""
        return np.random.default_rng(self.between(0, 2**16 - 1))


class BySeed(Choices):
    """Decisions by numpy's generator from a seed."""

    def __init__(self, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def between(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def odds(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def noise(self) -> np.random.Generator:
        return self._rng


class Recorded(Choices):
    """Decisions by another source, recorded in ``taken``."""

    def __init__(self, source: Choices) -> None:
        self._source = source
        self.taken: list[int] = []

    def between(self, low: int, high: int) -> int:
        self.taken.append(self._source.between(low, high))
        return self.taken[-1]


class Listed(Choices):
    """Decisions from a list of `Recorded`, clipped to the range; the lowest after its end."""

    def __init__(self, taken: Iterable[int]) -> None:
        self._left = iter(taken)

    def between(self, low: int, high: int) -> int:
        return min(max(next(self._left, low), low), high)
