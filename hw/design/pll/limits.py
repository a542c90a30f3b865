"""Limits and dividers of PLLs, and the refusal of clocks beyond them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, TypeVar

from amaranth import Const

from model.refusal import Refusal

MHZ = 10**6

Parameter: TypeAlias = int | str | Const
"""Value of a parameter of a PLL's primitive, as Amaranth takes it."""


@dataclass(frozen=True, kw_only=True)
class Dividers(ABC):
    """Dividers of a PLL: ``oscillation = oscillator / reference * multiplier`` Hz, which a family
    divides again."""

    oscillator: Fraction
    reference: int
    multiplier: int

    @property
    def oscillation(self) -> Fraction:
        """Frequency of the PLL's own oscillator in Hz."""
        return self.oscillator / self.reference * self.multiplier

    @property
    @abstractmethod
    def achieved(self) -> Fraction:
        """The clock in Hz."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Parameter]:
        """Parameters of the PLL's primitive that depend on the clock, by their names."""

    @property
    def arguments(self) -> Mapping[str, Parameter]:
        """The `parameters` as arguments of `amaranth.hdl.Instance`."""
        return {f"p_{name}": value for name, value in self.parameters.items()}


Found = TypeVar("Found", bound=Dividers)


def bound(clock: float) -> Fraction:
    """The highest clock that is not too fast where ``clock`` is asked: above it by less than floats
    tell apart, as a clock that a PLL makes, rounded to a float, is asked for again."""
    return Fraction(math.nextafter(clock, math.inf))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of a family's PLL, lowest and highest in Hz."""

    family: str
    oscillator: tuple[int, int]
    clock: tuple[int, int]

    def require(self, oscillator: float, clock: float) -> None:
        """Refuse what is outside.

        Raises
        ------
        Refusal
        """
        for what, value, (lowest, highest) in (
            ("an oscillator", oscillator, self.oscillator),
            ("a clock", clock, self.clock),
        ):
            if not lowest <= value <= highest:
                raise Refusal(
                    f"{what} of {value / MHZ:g} MHz is outside the {self.family} PLL's"
                    f" {lowest / MHZ:g} to {highest / MHZ:g} MHz; choose one inside"
                )

    def found(self, dividers: Found | None, oscillator: float, clock: float) -> Found:
        """The dividers, if there are any.

        Raises
        ------
        Refusal
        """
        if dividers is None:
            raise Refusal(
                f"no dividers of the {self.family} PLL make {clock / MHZ:g} MHz or less from"
                f" {oscillator / MHZ:g} MHz; choose a faster clock"
            )
        return dividers
