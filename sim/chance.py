"""Chance: the decisions of a random drawing, from a seed, from a list, or from another program.

A drawing asks for one decision after the other. What asks them of Hypothesis finds failures and
shrinks them (`benchmarks.random_networks`); the list of the decisions taken draws the same again.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Choices(ABC):
    """Decisions, each of them an integer; the lower, the simpler what is drawn by it."""

    @abstractmethod
    def between(self, low: int, high: int) -> int:
        """An integer, both ends included."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, of which the first is the simplest."""
        return options[self.between(0, len(options) - 1)]

    def odds(self, probability: float) -> bool:
        """True as often as that."""
        return self.between(0, 99) >= 100 * (1 - probability)

    def noise(self) -> np.random.Generator:
        """What gives many numbers of which none is a decision, such as weights."""
        return np.random.default_rng(self.between(0, 2**16 - 1))


class BySeed(Choices):
    """From numpy's generator alone."""

    def __init__(self, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def between(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def odds(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def noise(self) -> np.random.Generator:
        return self._rng


class Recorded(Choices):
    """From another one, and ``taken`` are the decisions so far."""

    def __init__(self, source: Choices) -> None:
        self._source = source
        self.taken: list[int] = []

    def between(self, low: int, high: int) -> int:
        self.taken.append(self._source.between(low, high))
        return self.taken[-1]


class Listed(Choices):
    """From a list, as `Recorded` made it; the lowest where it has none left or none that fits."""

    def __init__(self, taken: Iterable[int]) -> None:
        self._left = iter(taken)

    def between(self, low: int, high: int) -> int:
        return min(max(next(self._left, low), low), high)
