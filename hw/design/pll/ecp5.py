"""A clock from an oscillator through an ECP5 PLL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.design.pll.limits import MHZ, Dividers, Limits, Parameter, bound

LIMITS = Limits(family="ECP5", oscillator=(10 * MHZ, 400 * MHZ), clock=(3_125_000, 400 * MHZ))
DETECTOR = (10 * MHZ, 400 * MHZ)
OSCILLATION = (400 * MHZ, 800 * MHZ)
DIVIDER = 128
"""Limits of the ECP5 sysCLOCK PLL: Lattice FPGA-DS-02012 (PLL timing), FPGA-TN-02200 (dividers).
The input may be 8 MHz, but undivided it reaches the phase detector, which wants 10."""


@dataclass(frozen=True, kw_only=True)
class Ecp5Dividers(Dividers):
    """``achieved = oscillator / reference * multiplier / output`` Hz.

    The feedback path goes through the primary output, whose divider is the multiplier; the clock
    comes from the secondary output, so that its divider is free.
    """

    output: int

    @property
    def achieved(self) -> Fraction:
        """The clock in Hz."""
        return self.oscillation / self.output

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """As of `hw.design.pll.limits.Dividers`."""
        return {
            "CLKI_DIV": self.reference,
            "CLKOP_DIV": self.multiplier,
            "CLKOP_CPHASE": self.multiplier - 1,
            "CLKOS_DIV": self.output,
            "CLKOS_CPHASE": self.output - 1,
        }


def dividers(oscillator: float, clock: float) -> Ecp5Dividers:
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
    found = max(_candidates(Fraction(oscillator), bound(clock)), key=_merit, default=None)
    return LIMITS.found(found, oscillator, clock)


def _merit(candidate: Ecp5Dividers) -> tuple[Fraction, int, Fraction]:
    off_middle = abs(candidate.oscillation - sum(OSCILLATION) // 2)
    return candidate.achieved, -candidate.reference, -off_middle


def _candidates(oscillator: Fraction, clock: Fraction) -> Iterator[Ecp5Dividers]:
    for reference in range(1, DIVIDER + 1):
        detector = oscillator / reference
        if not DETECTOR[0] <= detector <= DETECTOR[1]:
            continue
        first = -(-OSCILLATION[0] // detector)
        last = min(DIVIDER, OSCILLATION[1] // detector)
        for multiplier in range(int(first), int(last) + 1):
            output = -(-detector * multiplier // clock)
            if output <= DIVIDER:
                yield Ecp5Dividers(
                    oscillator=oscillator, reference=reference, multiplier=multiplier,
                    output=int(output),
                )


class Pll(wiring.Component):
    """The ECP5's PLL primitive.

    Members
    -------
    i : In(1), the oscillator
    o : Out(1), the clock
    locked : Out(1), asynchronous; the clock is good
    """

    def __init__(self, dividers: Ecp5Dividers) -> None:
        self._dividers = dividers
        super().__init__({"i": In(1), "o": Out(1), "locked": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        feedback = Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            # The analogue settings that Diamond and ecppll give to every PLL of this kind.
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_FEEDBK_PATH="CLKOP",
            **self._dividers.arguments,
            p_CLKFB_DIV=1,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOS_ENABLE="ENABLED",
            p_CLKOS2_ENABLE="DISABLED",
            p_CLKOS3_ENABLE="DISABLED",
            i_CLKI=self.i,
            i_CLKFB=feedback,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            i_ENCLKOS=Const(0),
            o_CLKOP=feedback,
            o_CLKOS=self.o,
            o_LOCK=self.locked,
        )
        return m
