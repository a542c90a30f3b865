"""A clock from an oscillator through an iCE40 PLL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.io import SingleEndedPort
from amaranth.lib.wiring import Out

from hw.design.pll.limits import MHZ, Dividers, Limits, Parameter, bound

LIMITS = Limits(family="iCE40", oscillator=(10 * MHZ, 133 * MHZ), clock=(16 * MHZ, 275 * MHZ))
DETECTOR = (10 * MHZ, 133 * MHZ)
OSCILLATION = (533 * MHZ, 1066 * MHZ)
REFERENCE, MULTIPLIER, HALVINGS = 16, 128, range(1, 7)
"""Limits of the iCE40 PLL: Lattice FPGA-DS-02008 (PLL timing), FPGA-TN-02052 (dividers, with the
feedback path called simple)."""

FILTERS = ((17, 1), (26, 2), (44, 3), (66, 4), (101, 5))
"""Up to so many MHz at the phase detector, the range of its filter, as icepll sets it."""


@dataclass(frozen=True, kw_only=True)
class Ice40Dividers(Dividers):
    """``achieved = oscillator / reference * multiplier / 2**halvings`` Hz."""

    halvings: int

    @property
    def achieved(self) -> Fraction:
        """The clock in Hz."""
        return self.oscillation / (1 << self.halvings)

    @property
    def filter(self) -> int:
        """FILTER_RANGE for the frequency at the phase detector."""
        detector = self.oscillator / self.reference
        return next((number for below, number in FILTERS if detector < below * MHZ), 6)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """As of `hw.design.pll.limits.Dividers`."""
        return {
            "DIVR": Const(self.reference - 1, 4),
            "DIVF": Const(self.multiplier - 1, 7),
            "DIVQ": Const(self.halvings, 3),
            "FILTER_RANGE": Const(self.filter, 3),
        }


def dividers(oscillator: float, clock: float) -> Ice40Dividers:
    """Dividers for the fastest clock that is not faster than asked; of equals, those with the
    fastest phase detector, for the least jitter.

    Parameters
    ----------
    oscillator, clock : in Hz.

    Raises
    ------
    Refusal
        The PLL cannot take this oscillator or make such a clock.
    """
    LIMITS.require(oscillator, clock)
    every = (
        each
        for each in _candidates(Fraction(oscillator))
        if LIMITS.clock[0] <= each.achieved <= bound(clock)
    )
    found = max(every, key=lambda each: (each.achieved, -each.reference), default=None)
    return LIMITS.found(found, oscillator, clock)


def _candidates(oscillator: Fraction) -> Iterator[Ice40Dividers]:
    for reference in range(1, REFERENCE + 1):
        if not DETECTOR[0] <= oscillator / reference <= DETECTOR[1]:
            continue
        for multiplier in range(1, MULTIPLIER + 1):
            if OSCILLATION[0] <= oscillator / reference * multiplier <= OSCILLATION[1]:
                for halvings in HALVINGS:
                    yield Ice40Dividers(
                        oscillator=oscillator, reference=reference, multiplier=multiplier,
                        halvings=halvings,
                    )


class Pll(wiring.Component):
    """The iCE40's PLL primitive behind the pin that it takes its oscillator from.

    Parameters
    ----------
    dividers : Ice40Dividers
    pin : SingleEndedPort
        The pin of the oscillator.
    pad : bool
        True if the pin is the pad that is wired to the PLL; from another the oscillator goes there
        as a signal, which adds jitter and takes no other pin.

    Members
    -------
    o : Out(1), the clock
    locked : Out(1), asynchronous; the clock is good
    """

    def __init__(self, dividers: Ice40Dividers, pin: SingleEndedPort, *, pad: bool = True) -> None:
        self._dividers, self._pin, self._pad = dividers, pin, pad
        super().__init__({"o": Out(1), "locked": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reference: dict[str, Any] = {"i_PACKAGEPIN": self._pin.io}
        if not self._pad:
            # Not Amaranth's buffer: where the board's file says so, that is a global one.
            oscillator = Signal()
            m.submodules.oscillator = Instance(
                "SB_IO", p_PIN_TYPE=Const(0b000001, 6), io_PACKAGE_PIN=self._pin.io,
                o_D_IN_0=oscillator)
            reference = {"i_REFERENCECLK": oscillator}
        m.submodules.pll = Instance(
            "SB_PLL40_PAD" if self._pad else "SB_PLL40_CORE",
            p_FEEDBACK_PATH="SIMPLE",
            **self._dividers.arguments,
            **reference,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=self.o,
            o_LOCK=self.locked,
        )
        return m
