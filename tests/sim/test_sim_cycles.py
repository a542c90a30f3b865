"""The watches of the simulator in Python: a broken core is found out, and an endless bench."""

from typing import Any

import pytest
from amaranth import Signal

from hw.cores.stream.skid import SkidBuffer
from sim.broken import BEATS, Broken
from sim.cycles import LONGEST, PACES, PATIENCE, Pace, passed, simulate


@pytest.mark.parametrize(("fault", "told"), [
    ("withdraws", "stream o: valid fell before it was taken"),
    ("changes", "stream o: payload changed while it waited"),
    ("stops", f"no beat moved for {PATIENCE} cycles: 5 of 15 sent, 3 of 15 received"),
])
def test_a_fault_is_found(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        passed(Broken(fault), BEATS, len(BEATS), Pace(0.5, 2))


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_a_right_core_passes(pace: Pace) -> None:
    assert passed(Broken("none"), BEATS, len(BEATS), pace).values == BEATS


def test_a_beat_behind_the_last_is_among_what_came() -> None:
    assert passed(Broken("none"), BEATS, len(BEATS) - 1).values == BEATS


def test_a_bench_without_an_end_is_ended() -> None:
    async def bench(ctx: Any) -> None:
        while True:
            await ctx.tick()

    with pytest.raises(AssertionError, match=f"the bench has not ended in {LONGEST} cycles"):
        simulate(SkidBuffer(1), bench)


@pytest.mark.parametrize("of_domain", [False, True])
def test_a_reset_is_no_beat_that_was_withdrawn(of_domain: bool) -> None:
    core, reset = SkidBuffer(8), Signal()

    async def bench(ctx: Any) -> None:
        ctx.set(core.i.valid, 1)
        await ctx.tick()
        ctx.set(core.i.valid, 0)
        assert ctx.get(core.o.valid)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(core.o.valid)
        await ctx.tick()

    simulate(core, bench, reset=reset, of_domain=of_domain)
