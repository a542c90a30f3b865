"""A clock from an oscillator through a Gowin PLL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from amaranth import Const, Instance, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.design.pll.limits import MHZ, Dividers, Limits, Parameter, bound

LIMITS = Limits(family="Gowin", oscillator=(3 * MHZ, 400 * MHZ), clock=(3_906_250, 600 * MHZ))
DETECTOR = (3 * MHZ, 400 * MHZ)
OSCILLATION = (500 * MHZ, 1200 * MHZ)
DIVIDER = 64
OUTPUTS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
"""Limits of rPLL that hold for both the GW1NR-9 of speed C6/I5 (Gowin DS117) and the GW2AR-18 of
C8/I7 (DS226), as Apycula's gowin_pll has them; dividers: UG286."""


@dataclass(frozen=True, kw_only=True)
class GowinDividers(Dividers):
    """``achieved = oscillator / reference * feedback`` Hz.

    The feedback path begins behind the output's divider, so that the multiplier of the oscillation
    is the product of both.
    """

    output: int

    @property
    def feedback(self) -> int:
        """Divider of the feedback path."""
        return self.multiplier // self.output

    @property
    def achieved(self) -> Fraction:
        """The clock in Hz."""
        return self.oscillation / self.output

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """As of `hw.design.pll.limits.Dividers`."""
        return {
            "IDIV_SEL": self.reference - 1,
            "FBDIV_SEL": self.feedback - 1,
            "ODIV_SEL": self.output,
        }


def dividers(oscillator: float, clock: float) -> GowinDividers:
    """Dividers for the fastest clock that is not faster than asked.

    Of equals, the one with the fastest phase detector is taken, for the least jitter, and of those
    the one whose oscillation is nearest the middle of its range.

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
    return LIMITS.found(max(every, key=_merit, default=None), oscillator, clock)


def _merit(candidate: GowinDividers) -> tuple[Fraction, int, Fraction]:
    off_middle = abs(candidate.oscillation - sum(OSCILLATION) // 2)
    return candidate.achieved, -candidate.reference, -off_middle


def _candidates(oscillator: Fraction) -> Iterator[GowinDividers]:
    for reference in range(1, DIVIDER + 1):
        if not DETECTOR[0] <= oscillator / reference <= DETECTOR[1]:
            continue
        for feedback in range(1, DIVIDER + 1):
            for output in OUTPUTS:
                made = GowinDividers(
                    oscillator=oscillator, reference=reference, multiplier=feedback * output,
                    output=output,
                )
                if OSCILLATION[0] <= made.oscillation <= OSCILLATION[1]:
                    yield made


class Pll(wiring.Component):
    """The PLL primitive of GW1N and GW2A.

    Parameters
    ----------
    dividers : GowinDividers
    device : str
        Such as ``GW1NR-9C``.

    Members
    -------
    i : In(1), the oscillator
    o : Out(1), the clock
    locked : Out(1), asynchronous; the clock is good
    """

    def __init__(self, dividers: GowinDividers, device: str) -> None:
        self._dividers, self._device = dividers, device
        super().__init__({"i": In(1), "o": Out(1), "locked": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pll = self._dividers
        m.submodules.pll = Instance(
            "rPLL",
            p_DEVICE=self._device,
            p_FCLKIN=f"{float(pll.oscillator) / MHZ:g}",
            **pll.arguments,
            p_DYN_IDIV_SEL="false",
            p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false",
            p_DYN_DA_EN="false",
            p_CLKFB_SEL="internal",
            i_CLKIN=self.i,
            i_CLKFB=Const(0),
            i_RESET=Const(0),
            i_RESET_P=Const(0),
            i_IDSEL=Const(0, 6),
            i_FBDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_PSDA=Const(0, 4),
            i_DUTYDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            o_CLKOUT=self.o,
            o_LOCK=self.locked,
        )
        return m
