"""Numbers that rows of weights are summed up in, and their complements."""

from dataclasses import dataclass
from typing import NamedTuple

from amaranth import Shape


@dataclass(frozen=True, eq=False)
class Number:
    """An input, or the sum of two terms and, where there is a third, of a bit at the carry-in.

    Parameters
    ----------
    place : int
        Inputs come first, then sums in an order in which each can be built.
    low, high : int
        Its lowest and highest value.
    level : int
        How many adders lead to it.
    biases : tuple of int
        By how much it is more, at every step, than the sum of signed inputs that it stands for.
    """

    place: int
    low: int
    high: int
    level: int = 0
    biases: tuple[int, ...] = (0,)
    parts: tuple["Term", ...] = ()

    @property
    def shape(self) -> Shape:
        return Shape.cast(range(self.low, self.high + 1))

    @property
    def single(self) -> bool:
        """True for a bit, which a carry-in can take."""
        return (self.low, self.high) == (0, 1)

    @property
    def always(self) -> int:
        """A bit for every step."""
        return (1 << len(self.biases)) - 1


class Term(NamedTuple):
    """A number or, at the steps of which ``inverted`` has the bit, its complement: that of n bits
    is ``2**n - 1 - number``, or ``-1 - number`` if it has a sign. It costs nothing."""

    number: Number
    inverted: int = 0

    def __invert__(self) -> "Term":
        return self.turned(self.number.always)

    def turned(self, steps: int) -> "Term":
        """The complement at some steps, bit by bit."""
        return Term(self.number, self.inverted ^ steps)

    @property
    def turns(self) -> bool:
        """True if it is the complement at some steps and not at others."""
        return self.inverted not in (0, self.number.always)

    @property
    def range(self) -> tuple[int, int]:
        low, high = self.number.low, self.number.high
        if not self.inverted:
            return low, high
        other = self._ones - high, self._ones - low
        return (min(low, other[0]), max(high, other[1])) if self.turns else other

    @property
    def biases(self) -> tuple[int, ...]:
        return tuple(
            self._ones - bias if self.inverted >> step & 1 else bias
            for step, bias in enumerate(self.number.biases)
        )

    @property
    def _ones(self) -> int:
        shape = self.number.shape
        return -1 if shape.signed else (1 << shape.width) - 1


class Total(NamedTuple):
    """The count of a row: ``total + carry``, at every step too large by its ``excess``."""

    total: Term
    carry: Term | None
    excess: tuple[int, ...]
