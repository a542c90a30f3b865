"""Two registers of a stream: a beat each cycle, one late, and a ready that waits for nobody."""

import random
from typing import Any

import pytest

from boards.catalogue import board
from hw.cores.stream.skid import SkidBuffer
from hw.emit.project import platform
from sim.cycles import PACES, Pace, passed, simulate

SLOW = platform(board("icebreaker"), "UP5K")
"""Of a family with few registers."""


@pytest.mark.parametrize("device", [None, SLOW], ids=["two", "one"])
@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("width", [1, 7, 40])
def test_beats_pass_in_order(width: int, pace: Pace, device: object) -> None:
    rng = random.Random(pace.seed)
    beats = [rng.getrandbits(width) for _ in range(60)]
    found = passed(SkidBuffer(width), beats, len(beats), pace, platform=device)
    assert found.values == beats
    if not pace.stall:
        assert found.sent == list(range(60))
        assert found.received == list(range(1, 61))


def test_full_is_two_beats_and_ready_does_not_follow_who_takes_them() -> None:
    dut = SkidBuffer(8)
    taken: list[bool] = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        for cycle in range(4):
            ctx.set(dut.i.payload, cycle)
            taken.append(ctx.get(dut.i.ready))
            await ctx.tick()
        ctx.set(dut.o.ready, 1)  # nothing combinational runs through
        assert (ctx.get(dut.i.ready), ctx.get(dut.o.payload)) == (0, 0)
        await ctx.tick()
        assert (ctx.get(dut.i.ready), ctx.get(dut.o.payload)) == (1, 1)

    simulate(dut, bench)
    assert taken == [True, True, False, False]


def test_empty_offers_nothing() -> None:
    dut = SkidBuffer(8)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.payload, 3)
        for _ in range(4):
            assert (ctx.get(dut.o.valid), ctx.get(dut.i.ready)) == (0, 1)
            await ctx.tick()

    simulate(dut, bench)
