"""The divisor of the serial line is near enough, or refused."""

import pytest

from hw.cores.link.uart import Receiver, Transmitter, divisor


@pytest.mark.parametrize(
    ("clock", "baud", "cycles"),
    [
        (80e6, 1_000_000, 80),
        (80.5e6, 1_000_000, 80),
        (80e6, 3_000_000, 27),
        (4e6, 1_000_000, 4),
        (100e6, 115_200, 868),
    ],
)
def test_the_nearest_divisor_is_taken(clock: float, baud: float, cycles: int) -> None:
    assert divisor(clock, baud) == cycles


@pytest.mark.parametrize(
    ("clock", "baud", "told"),
    [
        (3e6, 1_000_000, "1,000,000 baud is 3.00 cycles of 3 MHz"),
        (4.5e6, 1_000_000, "1,000,000 baud is 4.50 cycles of 4.5 MHz"),
        (5.2e6, 1_000_000, "within 2 %"),
    ],
)
def test_a_rate_that_does_not_divide_the_clock_is_refused(
    clock: float, baud: float, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        divisor(clock, baud)


@pytest.mark.parametrize("component", [Receiver, Transmitter])
def test_a_bit_too_short_to_sample_is_refused(component: type) -> None:
    with pytest.raises(ValueError, match="a bit of 3 cycles; the receiver needs 4"):
        component(3)
