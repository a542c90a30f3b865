"""The PLL's dividers stay inside the datasheet and give the nearest clock that is not too fast."""

from fractions import Fraction

import pytest

from boards.catalogue import BOARDS
from hw.design.clocks import achieved
from hw.design.pll.ecp5 import DETECTOR, DIVIDER, OSCILLATION, dividers
from hw.design.pll.limits import MHZ
from model.refusal import Refusal

CLOCKS = [3.125, 8, 12.5, 25, 48, 50, 62.5, 75, 80, 90, 100, 125, 133, 150, 161.8, 200, 300, 400]


@pytest.mark.parametrize("oscillator", [10, 12, 25, 50, 100])
@pytest.mark.parametrize("clock", CLOCKS[1:])
def test_every_divider_and_frequency_is_inside_its_limits(oscillator: int, clock: float) -> None:
    found = dividers(oscillator * MHZ, clock * MHZ)
    assert all(1 <= each <= DIVIDER for each in (found.reference, found.multiplier, found.output))
    assert DETECTOR[0] <= found.oscillator / found.reference <= DETECTOR[1]
    assert OSCILLATION[0] <= found.oscillation <= OSCILLATION[1]
    assert found.achieved <= clock * MHZ


@pytest.mark.parametrize("clock", [3.125, 12.5, 25, 50, 75, 80, 90, 100, 110, 120, 125, 150, 200])
def test_these_clocks_come_out_exactly(clock: float) -> None:
    assert dividers(25 * MHZ, clock * MHZ).achieved == Fraction(clock) * MHZ


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_other_dividers_come_nearer(clock: float) -> None:
    asked = Fraction(clock) * MHZ
    every = [
        Fraction(25 * MHZ * multiplier, reference * output)
        for reference in (1, 2)
        for multiplier in range(1, DIVIDER + 1)
        if OSCILLATION[0] <= Fraction(25 * MHZ * multiplier, reference) <= OSCILLATION[1]
        for output in range(1, DIVIDER + 1)
    ]
    nearest = max(each for each in every if each <= asked)
    assert dividers(25 * MHZ, clock * MHZ).achieved == nearest


def test_a_clock_between_is_not_made_faster() -> None:
    assert dividers(25 * MHZ, 81 * MHZ).achieved == Fraction(25 * MHZ * 29, 9)


@pytest.mark.parametrize("clock", [0, 3, 401, 1e6])
def test_an_impossible_clock_is_refused(clock: float) -> None:
    with pytest.raises(Refusal, match=r"a clock of \S+ MHz is outside the ECP5 PLL's 3\.125"):
        dividers(25 * MHZ, clock * MHZ)


@pytest.mark.parametrize("oscillator", [1, 9.99, 401])
def test_an_impossible_oscillator_is_refused(oscillator: float) -> None:
    with pytest.raises(Refusal, match=r"an oscillator of \S+ MHz is outside the ECP5 PLL's 10 to"):
        dividers(oscillator * MHZ, 80 * MHZ)


def test_a_clock_below_what_the_oscillator_divides_to_is_refused() -> None:
    with pytest.raises(Refusal, match=r"no dividers of the ECP5 PLL make 3\.13 MHz or less"):
        dividers(12 * MHZ, 3.13 * MHZ)


@pytest.mark.parametrize("clock", range(17, 200))
def test_a_clock_that_a_board_makes_is_made_again(clock: int) -> None:
    """The plan's clock, a float, is what the PLL is asked for."""
    for board in BOARDS.values():
        made = achieved(board, clock * MHZ)
        assert achieved(board, made) == made
