"""Beats that wait in memory: none is lost, doubled or out of turn, however many there are."""

import random
import re
from typing import Any

import pytest
from amaranth import Signal

from hw.cores.stream.fifo import LATENCY, SHALLOW, Fifo, depth, resources
from sim.cycles import PACES, Pace, passed, simulate

DEPTHS = [2, 4, 8, SHALLOW, SHALLOW + 5, 2 * SHALLOW]


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("width", [1, 9])
def test_beats_pass_in_order_round_and_round(width: int, depth: int, pace: Pace) -> None:
    rng = random.Random(pace.seed)
    beats = [rng.getrandbits(width) for _ in range(3 * depth + 20)]
    assert passed(Fifo(width, depth), beats, len(beats), pace).values == beats


@pytest.mark.parametrize("depth", DEPTHS)
def test_one_beat_comes_out_two_cycles_later(depth: int) -> None:
    found = passed(Fifo(8, depth), [77], 1)
    assert (found.values, found.sent, found.received) == ([77], [0], [2])


@pytest.mark.parametrize("depth", DEPTHS[1:])
def test_both_ends_at_once_pass_a_beat_each_cycle(depth: int) -> None:
    beats = [number % 256 for number in range(3 * depth + 5)]
    found = passed(Fifo(8, depth), beats, len(beats))
    assert found.sent == list(range(len(beats)))
    assert found.received == list(range(2, 2 + len(beats)))


@pytest.mark.parametrize("depth", DEPTHS)
def test_full_is_as_many_beats_as_it_is_deep_and_one_gone_makes_room_for_one(depth: int) -> None:
    dut = Fifo(16, depth)

    async def bench(ctx: Any) -> None:
        async def fill(first: int, cycles: int) -> int:
            """The first beat that is not taken, nobody being ready."""
            ctx.set(dut.i.valid, 1)
            for _ in range(cycles):
                ctx.set(dut.i.payload, first)
                first += ctx.get(dut.i.ready)
                await ctx.tick()
            ctx.set(dut.i.valid, 0)
            return first

        assert await fill(0, 2 * depth + 4) == depth
        for number in range(3 * depth):  # also over the end of the memory
            ctx.set(dut.o.ready, 1)
            assert (ctx.get(dut.o.valid), ctx.get(dut.o.payload)) == (1, number)
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
            assert await fill(depth + number, 4) == depth + number + 1

    simulate(dut, bench)


def test_a_reset_in_between_leaves_it_empty() -> None:
    dut, reset = Fifo(8, 4), Signal()

    async def bench(ctx: Any) -> None:
        for round_ in range(2):
            ctx.set(dut.i.valid, 1)
            for number in range(3):
                ctx.set(dut.i.payload, 10 * round_ + number)
                await ctx.tick()
            ctx.set(dut.i.valid, 0)
            if round_ == 0:
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
                for _ in range(4):
                    assert (ctx.get(dut.o.valid), ctx.get(dut.i.ready)) == (0, 1)
                    await ctx.tick()
        ctx.set(dut.o.ready, 1)
        for number in range(3):
            assert (ctx.get(dut.o.valid), ctx.get(dut.o.payload)) == (1, 10 + number)
            await ctx.tick()
        assert ctx.get(dut.o.valid) == 0

    simulate(dut, bench, reset=reset)


@pytest.mark.parametrize("depth", [0, 1, 3, 6, 12])
def test_a_depth_that_is_no_power_of_two_is_refused(depth: int) -> None:
    text = f"{depth} beats; up to 32 it must be a power of two"
    with pytest.raises(ValueError, match=re.escape(text)):
        Fifo(8, depth)


@pytest.mark.parametrize(("beats", "least"), [
    (1, 2), (2, 4), (3, 4), (4, 8), (31, 32), (32, 33), (700, 701)])
def test_the_depth_for_some_beats_is_the_least_above_them_and_of_few_a_power_of_two(
    beats: int, least: int
) -> None:
    assert depth(beats) == least
    dut = Fifo(4, depth(beats))

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        for _ in range(beats):
            assert ctx.get(dut.i.ready)
            await ctx.tick()

    simulate(dut, bench)


def test_a_deeper_fifo_costs_more_and_a_beat_takes_its_latency() -> None:
    found = [resources(8, deep) for deep in (4, 16, SHALLOW)]
    assert [each.lut for each in found] == sorted({each.lut for each in found})
    assert found[-1].ebr == 0 and resources(8, 2 * SHALLOW).ebr == 1
    assert resources(9, 16).ff == resources(8, 16).ff + 1
    assert passed(Fifo(8, 4), [5], 1).received == [LATENCY]
