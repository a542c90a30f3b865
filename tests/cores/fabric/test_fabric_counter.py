"""Counters, step by step: narrow ones of gates, wide ones of carry cells."""

import pytest
from amaranth import Module, Signal
from amaranth.sim import Simulator

from hw.cores.fabric.counter import NARROW, counter, loops

WIDEST = 1 << NARROW


def run(m: Module, steps: list[int], step: Signal, seen: dict[str, object]) -> list[dict[str, int]]:
    """What every signal of ``seen`` is in each cycle of ``steps``."""
    found: list[dict[str, int]] = []

    async def drive(ctx):
        for now in steps:
            ctx.set(step, now)
            found.append({name: ctx.get(value) for name, value in seen.items()})
            await ctx.tick()

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    return found


@pytest.mark.parametrize("length", [*range(1, 20), WIDEST - 1, WIDEST, WIDEST + 1, 2 * WIDEST])
def test_a_counter_goes_round_and_waits_where_it_is_not_told_to_go_on(length):
    m, step = Module(), Signal()
    m.d.sync += Signal().eq(step)  # a clock, even for a counter that needs none
    made = counter(m, "at", step, length)
    steps = [int(k % 3 != 1) for k in range(4 * length + 5)]
    found = run(m, steps, step, {"value": made.value, "last": made.last, "wrap": made.wrap})
    at = 0
    for now, seen in zip(steps, found, strict=True):
        last = int(at == length - 1)
        assert seen == {"value": at, "last": last, "wrap": last & now}
        at = (at + now) % length


def test_loops_are_nested_innermost_first():
    m, step = Module(), Signal()
    made = loops(m, step, {"inner": 3, "one": 1, "outer": 5})
    found = run(m, [1] * 31, step, {name: each.value for name, each in made.items()})
    assert [(seen["inner"], seen["one"], seen["outer"]) for seen in found] == [
        (k % 3, 0, k // 3 % 5) for k in range(31)
    ]
