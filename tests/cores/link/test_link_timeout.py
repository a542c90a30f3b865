"""A silence is told once for every so many cycles without anything, and never beside something."""

import random
from typing import Any

import pytest
from amaranth import Const
from amaranth.sim import Simulator

from hw.cores.link.timeout import IdleTimeout


def expected(came: list[bool], cycles: int) -> list[bool]:
    """Nothing came in a cycle, nor in the ``cycles`` before it, nor was a silence told in them."""
    told: list[bool] = []
    quiet = 0
    for now in came:
        told.append(not now and quiet == cycles)
        quiet = 0 if now or told[-1] else quiet + 1
    return told


@pytest.mark.parametrize(("gap", "doublings", "cycles"), [
    (1, None, 1), (2, None, 2), (3, None, 2), (4, None, 4), (7, None, 4), (20, None, 16),
    (3, 0, 2), (3, 1, 4), (3, 2, 8), (5, 3, 32),
])  # fmt: skip
def test_a_silence_is_told_by_the_power_of_two_below_its_gap(
    gap: int, doublings: int | None, cycles: int
) -> None:
    numbers = random.Random(gap)
    came = [True, *[False] * 5 * (cycles + 1)]
    for pause in (0, 1, cycles - 1, cycles, cycles + 1, 2 * cycles, 2 * cycles + 1):
        came += [True, *[False] * max(0, pause)]
    came += [numbers.random() < 1.5 / cycles for _ in range(400)]
    more = None if doublings is None else Const(doublings, 2)
    dut, told = IdleTimeout(gap, more), list[bool]()

    async def bench(ctx: Any) -> None:
        for now in came:
            ctx.set(dut.i, now)
            told.append(bool(ctx.get(dut.o)))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert told == expected(came, cycles)
    assert 0 < sum(told) < len(told)


def test_no_gap_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="a gap of 0 cycles; it must be at least 1"):
        IdleTimeout(0)
