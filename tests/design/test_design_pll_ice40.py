"""The iCE40 PLL's dividers stay inside the datasheet and give the nearest clock not too fast."""

from fractions import Fraction

import pytest

from hw.design.pll.ice40 import (
    DETECTOR,
    HALVINGS,
    LIMITS,
    MULTIPLIER,
    OSCILLATION,
    REFERENCE,
    dividers,
)
from hw.design.pll.limits import MHZ
from model.refusal import Refusal

CLOCKS = [17, 20, 24, 25, 30, 33.3, 36, 40, 40.5, 48, 50, 60, 75, 96, 100, 120, 200, 275]


@pytest.mark.parametrize("oscillator", [10, 12, 25, 48, 100, 133])
@pytest.mark.parametrize("clock", CLOCKS)
def test_every_divider_and_frequency_is_inside_its_limits(oscillator: int, clock: float) -> None:
    found = dividers(oscillator * MHZ, clock * MHZ)
    assert 1 <= found.reference <= REFERENCE
    assert 1 <= found.multiplier <= MULTIPLIER
    assert found.halvings in HALVINGS
    assert DETECTOR[0] <= found.oscillator / found.reference <= DETECTOR[1]
    assert OSCILLATION[0] <= found.oscillation <= OSCILLATION[1]
    assert LIMITS.clock[0] <= found.achieved <= clock * MHZ


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_other_dividers_come_nearer(clock: float) -> None:
    oscillations = [Fraction(12 * MHZ * multiplier) for multiplier in range(45, 89)]
    every = [each / (1 << halvings) for each in oscillations for halvings in HALVINGS]
    assert dividers(12 * MHZ, clock * MHZ).achieved == max(
        each for each in every if each <= Fraction(clock) * MHZ
    )


@pytest.mark.parametrize(("clock", "settings"), [
    (16.5, (0, 87, 6)), (30, (0, 79, 5)), (36, (0, 47, 4)), (48, (0, 63, 4)), (60, (0, 79, 4)),
])
def test_these_are_the_dividers_that_icepll_gives(
    clock: float, settings: tuple[int, int, int]
) -> None:
    found = dividers(12 * MHZ, clock * MHZ)
    assert (found.reference - 1, found.multiplier - 1, found.halvings) == settings
    assert (found.achieved, found.filter) == (clock * MHZ, 1)


@pytest.mark.parametrize("clock", [0, 15.9, 276, 1e6])
def test_an_impossible_clock_is_refused(clock: float) -> None:
    with pytest.raises(Refusal, match=r"a clock of \S+ MHz is outside the iCE40 PLL's 16 to 275"):
        dividers(12 * MHZ, clock * MHZ)


@pytest.mark.parametrize("oscillator", [1, 9.99, 134])
def test_an_impossible_oscillator_is_refused(oscillator: float) -> None:
    with pytest.raises(Refusal, match=r"an oscillator of \S+ MHz is outside the iCE40 PLL's 10"):
        dividers(oscillator * MHZ, 36 * MHZ)
