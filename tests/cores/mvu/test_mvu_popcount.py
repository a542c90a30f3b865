"""The adder tree gives the count for every input, whatever the pipelining."""

import re
from collections.abc import Callable

import pytest

from hw.cores.mvu.popcount import Popcount
from sim.cycles import cycles


@pytest.mark.parametrize("levels", [1, 2, 3, 9])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 7, 8, 9])
def test_popcount_counts_every_input(bits: int, levels: int) -> None:
    dut = Popcount(bits, levels)
    inputs = [*range(1 << bits), *[0] * dut.latency]
    found = cycles(dut, [{"i": value} for value in inputs], ["o"])[dut.latency :]
    assert found == [(value.bit_count(),) for value in range(1 << bits)]


@pytest.mark.parametrize(
    ("bits", "levels", "cycles"),
    [(3, 3, 1), (7, 1, 3), (31, 3, 3), (31, 8, 0), (63, 8, 1), (63, 3, 3), (64, 3, 4)],
)
def test_popcount_registers_every_so_many_levels(bits: int, levels: int, cycles: int) -> None:
    assert Popcount(bits, levels).latency == cycles


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Popcount(0, 1), "a count of 0 bits"),
    (lambda: Popcount(3, 0), "a register each 0 levels: both must be at least 1"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
