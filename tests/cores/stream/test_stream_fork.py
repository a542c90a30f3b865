"""A stream that several readers take, each at its own pace: every beat once, in order."""

import random
import re
from typing import Any

import pytest

from boards.resources import Resources
from hw.cores.stream.fork import LATENCY, Fork, resources
from sim.cycles import PACES, Pace, simulate


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("count", [2, 3])
def test_every_reader_has_every_beat_once_and_in_order(count: int, pace: Pace) -> None:
    rng, dut = random.Random(pace.seed), Fork(7, count)
    beats = [rng.getrandbits(7) for _ in range(60)]
    taken: list[list[int]] = [[] for _ in range(count)]
    sent = list[int]()

    async def bench(ctx: Any) -> None:
        cycle, offered = 0, False
        while min(map(len, taken)) < len(beats):
            offered = offered or (len(sent) < len(beats) and rng.random() >= pace.stall)
            ctx.set(dut.i.valid, offered)
            if offered:
                ctx.set(dut.i.payload, beats[len(sent)])
            for number in range(count):
                reader = getattr(dut, f"o{number}")
                ctx.set(reader.ready, rng.random() >= pace.stall)
                if ctx.get(reader.valid) and ctx.get(reader.ready):
                    taken[number].append(ctx.get(reader.payload))
            if offered and ctx.get(dut.i.ready):
                sent.append(cycle)
                offered = False
            cycle += 1
            await ctx.tick()
        ctx.set(dut.i.valid, 0)
        assert not any(ctx.get(getattr(dut, f"o{number}").valid) for number in range(count))

    simulate(dut, bench)
    assert taken == [beats] * count
    if not pace.stall:
        assert sent == list(range(LATENCY, LATENCY + len(beats)))


def test_a_quick_reader_waits_for_the_slow_one() -> None:
    dut = Fork(4, 2)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.i.payload, 9)
        ctx.set(dut.o0.ready, 1)
        assert (ctx.get(dut.o0.valid), ctx.get(dut.o1.valid), ctx.get(dut.i.ready)) == (1, 1, 0)
        for _ in range(3):
            await ctx.tick()
            assert (ctx.get(dut.o0.valid), ctx.get(dut.o1.valid)) == (0, 1)
        ctx.set(dut.o1.ready, 1)
        assert ctx.get(dut.i.ready)
        await ctx.tick()
        assert (ctx.get(dut.o0.valid), ctx.get(dut.o1.valid)) == (1, 1)

    simulate(dut, bench)


def test_one_reader_needs_no_fork() -> None:
    with pytest.raises(ValueError, match=re.escape("1 readers of a fork; it takes 2 or more")):
        Fork(4, 1)


def test_a_reader_costs_a_flip_flop_and_two_lut4() -> None:
    assert resources(3) - resources(2) == Resources(lut=2, ff=1)
