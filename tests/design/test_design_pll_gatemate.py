"""The GateMate PLL's dividers stay inside their limits and give the nearest clock not too fast."""

from fractions import Fraction

import pytest

from hw.design.pll.gatemate import HALVED, LIMITS, OSCILLATION, OUTPUTS, dividers
from hw.design.pll.limits import MHZ
from model.refusal import Refusal

CLOCKS = [1, 4, 10, 12.5, 20, 25, 30, 33.3, 40, 48, 50, 60, 66, 80, 100, 125, 200, 312]


@pytest.mark.parametrize("oscillator", [5, 10, 25, 50])
@pytest.mark.parametrize("clock", CLOCKS)
def test_every_divider_and_frequency_is_inside_its_limits(oscillator: int, clock: float) -> None:
    found = dividers(oscillator * MHZ, clock * MHZ)
    assert found.multiplier % 2 == 0 and found.output in OUTPUTS
    assert OSCILLATION[0] < found.oscillation <= OSCILLATION[1]
    assert found.output > 1 or found.oscillation / 2 <= HALVED
    assert LIMITS.clock[0] <= found.achieved <= clock * MHZ


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_other_dividers_come_nearer(clock: float) -> None:
    every = [Fraction(20 * MHZ * feedback, 4 * output)
             for feedback in range(51, 101) for output in OUTPUTS if output > 1 or feedback <= 62]
    assert dividers(10 * MHZ, clock * MHZ).achieved == max(
        each for each in every if each <= Fraction(clock) * MHZ
    )


@pytest.mark.parametrize("clock", [0, 0.9, 313, 1e6])
def test_an_impossible_clock_is_refused(clock: float) -> None:
    with pytest.raises(Refusal, match=r"a clock of \S+ MHz is outside the GateMate PLL's 1 to 312"):
        dividers(10 * MHZ, clock * MHZ)


@pytest.mark.parametrize("oscillator", [1, 4.9, 51])
def test_an_impossible_oscillator_is_refused(oscillator: float) -> None:
    with pytest.raises(Refusal, match=r"an oscillator of \S+ MHz is outside the GateMate PLL's 5"):
        dividers(oscillator * MHZ, 25 * MHZ)
