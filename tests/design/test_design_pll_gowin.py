"""The Gowin PLL's dividers stay inside the datasheet and give the nearest clock not too fast."""

from fractions import Fraction

import pytest

from hw.design.pll.gowin import DETECTOR, DIVIDER, LIMITS, OSCILLATION, OUTPUTS, dividers
from hw.design.pll.limits import MHZ
from model.refusal import Refusal

CLOCKS = [8, 13.5, 24, 27, 33.3, 40, 48, 54, 60, 74.25, 81, 100, 108, 120, 200, 300]


@pytest.mark.parametrize("oscillator", [12, 25, 27, 50])
@pytest.mark.parametrize("clock", CLOCKS)
def test_every_divider_and_frequency_is_inside_its_limits(oscillator: int, clock: float) -> None:
    found = dividers(oscillator * MHZ, clock * MHZ)
    assert 1 <= found.reference <= DIVIDER and 1 <= found.feedback <= DIVIDER
    assert found.output in OUTPUTS
    assert DETECTOR[0] <= found.oscillator / found.reference <= DETECTOR[1]
    assert OSCILLATION[0] <= found.oscillation <= OSCILLATION[1]
    assert LIMITS.clock[0] <= found.achieved <= clock * MHZ


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_other_dividers_come_nearer(clock: float) -> None:
    """Every clock whose oscillation is in range is a quotient of the feedback's divider."""
    every = [Fraction(27 * MHZ * feedback, reference)
             for reference in range(1, 10) for feedback in range(1, 65)]
    possible = [each for each in every if each <= Fraction(clock) * MHZ and any(
        OSCILLATION[0] <= each * output <= OSCILLATION[1] for output in OUTPUTS)]
    assert dividers(27 * MHZ, clock * MHZ).achieved == max(possible)


@pytest.mark.parametrize("clock", [0, 3.9, 601, 1e6])
def test_an_impossible_clock_is_refused(clock: float) -> None:
    with pytest.raises(Refusal, match=r"a clock of \S+ MHz is outside the Gowin PLL's 3\.90625 to"):
        dividers(27 * MHZ, clock * MHZ)


@pytest.mark.parametrize("oscillator", [1, 2.9, 401])
def test_an_impossible_oscillator_is_refused(oscillator: float) -> None:
    with pytest.raises(Refusal, match=r"an oscillator of \S+ MHz is outside the Gowin PLL's 3 to"):
        dividers(oscillator * MHZ, 54 * MHZ)
