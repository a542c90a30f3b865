"""A clock from an oscillator through a GateMate PLL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.design.pll.limits import MHZ, Dividers, Limits, Parameter, bound

LIMITS = Limits(family="GateMate", oscillator=(5 * MHZ, 50 * MHZ), clock=(1 * MHZ, 312 * MHZ))
OSCILLATION = (1000 * MHZ, 2000 * MHZ)
HALVED = 625 * MHZ
OUTPUTS = (1, *range(2, 1025, 2))
"""Limits of CC_PLL in economy mode: Cologne Chip UG1001, as nextpnr's get_pll_settings has them. It
chooses the dividers itself, by the frequencies that it is told."""


@dataclass(frozen=True, kw_only=True)
class GateMateDividers(Dividers):
    """``achieved = oscillator * multiplier / (4 * output)`` Hz: one half is in the oscillation's
    first divider, one behind the others, which keeps the phases a quarter apart."""

    output: int

    @property
    def achieved(self) -> Fraction:
        """The clock in Hz."""
        return self.oscillation / (4 * self.output)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """As of `hw.design.pll.limits.Dividers`."""
        return {"OUT_CLK": repr(float(self.achieved / MHZ))}


def dividers(oscillator: float, clock: float) -> GateMateDividers:
    """Dividers for the fastest clock that is not faster than asked; of equals, those whose
    oscillation is nearest the middle of its range.

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
        for each in _candidates(Fraction(oscillator), bound(clock))
        if LIMITS.clock[0] <= each.achieved
    )
    return LIMITS.found(max(every, key=_merit, default=None), oscillator, clock)


def _merit(candidate: GateMateDividers) -> tuple[Fraction, Fraction]:
    off_middle = abs(candidate.oscillation - sum(OSCILLATION) // 2)
    return candidate.achieved, -off_middle


def _candidates(oscillator: Fraction, clock: Fraction) -> Iterator[GateMateDividers]:
    first, last = (int(limit / (2 * oscillator)) for limit in OSCILLATION)
    for feedback in range(first + 1, last + 1):
        for output in OUTPUTS:
            made = GateMateDividers(
                oscillator=oscillator, reference=1, multiplier=2 * feedback, output=output
            )
            if made.achieved <= clock:
                if output > 1 or made.oscillation / 2 <= HALVED:
                    yield made
                break


class Pll(wiring.Component):
    """The PLL primitive of GateMate, with its clock on a global net.

    Members
    -------
    i : In(1), the oscillator
    o : Out(1), the clock
    locked : Out(1), asynchronous; the clock is good
    """

    def __init__(self, dividers: GateMateDividers) -> None:
        self._dividers = dividers
        super().__init__({"i": In(1), "o": Out(1), "locked": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pll, clock = self._dividers, Signal()
        m.submodules.pll = Instance(
            "CC_PLL",
            p_REF_CLK=repr(float(pll.oscillator) / MHZ),
            **pll.arguments,
            p_PERF_MD="ECONOMY",
            p_LOW_JITTER=1,
            p_LOCK_REQ=1,
            p_CI_FILTER_CONST=2,
            p_CP_FILTER_CONST=4,
            i_CLK_REF=self.i,
            i_CLK_FEEDBACK=Const(0),
            i_USR_CLK_REF=Const(0),
            i_USR_LOCKED_STDY_RST=Const(0),
            o_CLK0=clock,
            o_USR_PLL_LOCKED=self.locked,
        )
        m.submodules.buffer = Instance("CC_BUFG", i_I=clock, o_O=self.o)
        return m
