"""Words that set out when there is room for them: the queue at their end, cycle by cycle."""

import random
from collections import deque
from typing import Any

import pytest
from amaranth import Signal

from boards.catalogue import board
from hw.cores.stream import creditfifo
from hw.cores.stream.creditfifo import CreditFifo
from hw.emit.project import platform
from sim.cycles import PACES, Pace, simulate

SIZES = [(1, 1), (8, 2), (5, 3), (9, 7), (3, 18)]
"""Bits of a word, and words."""

BOARDS = ["ulx3s", "icebreaker"]
"""Of families with distributed memory and without."""


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("flight", [0, 1, 4])
@pytest.mark.parametrize(("width", "words"), SIZES)
def test_offers_and_words_are_those_of_a_queue_whose_room_comes_back_a_cycle_late(
    width: int, words: int, flight: int, pace: Pace, name: str
) -> None:
    target = board(name)
    dut, rng = CreditFifo(width, words), random.Random(pace.seed)
    queue: deque[int] = deque()
    under_way: deque[tuple[int, int]] = deque()
    seen, taken = set(), False

    async def bench(ctx: Any) -> None:
        nonlocal taken
        for cycle in range(600):
            level = len(queue) + len(under_way) + taken
            assert ctx.get(dut.room) == (level < words)
            assert ctx.get(dut.o.valid) == bool(queue)
            if queue:
                assert ctx.get(dut.o.payload) == queue[0]
            seen.add(level)
            reserve = level < words and rng.random() >= pace.stall
            ready = rng.random() >= (pace.stall if cycle > 100 else 0.9)
            taken = bool(queue) and ready
            if reserve:
                under_way.append((cycle + flight, rng.getrandbits(width)))
            push = bool(under_way) and under_way[0][0] <= cycle
            word = under_way.popleft()[1] if push else rng.getrandbits(width)
            ctx.set(dut.reserve, reserve)
            ctx.set(dut.push, push)
            ctx.set(dut.word, word)
            ctx.set(dut.o.ready, ready)
            await ctx.tick()
            if taken:
                queue.popleft()
            if push:
                queue.append(word)

    simulate(dut, bench, platform=platform(target, target.default_variant))
    assert seen == set(range(words + 1))  # empty, full, and all between


@pytest.mark.parametrize("latency", [0, 1, 2, 5, 16])
@pytest.mark.parametrize(("beats", "results"), [(1, 1), (2, 1), (3, 1), (7, 1), (2, 2), (6, 3)])
def test_so_many_words_keep_a_pipeline_at_full_speed(
    latency: int, beats: int, results: int
) -> None:
    """A word comes so many cycles after its place was reserved, and is taken at once."""
    dut = CreditFifo(8, creditfifo.words(latency, beats, results))
    coming: deque[int] = deque()

    async def bench(ctx: Any) -> None:
        ctx.set(dut.o.ready, 1)
        for cycle in range(20 * beats * results):
            reserve = cycle % (beats * results) < results
            if reserve:
                assert ctx.get(dut.room)
                coming.append(cycle + latency)
            push = bool(coming) and coming[0] == cycle
            if push:
                coming.popleft()
            ctx.set(dut.reserve, reserve)
            ctx.set(dut.push, push)
            await ctx.tick()

    simulate(dut, bench)


@pytest.mark.parametrize("words", [1, 2, 5])
def test_a_reset_in_between_gives_all_room_back(words: int) -> None:
    dut, reset = CreditFifo(4, words), Signal()

    async def bench(ctx: Any) -> None:
        for _ in range(2):
            for number in range(words):
                assert ctx.get(dut.room)
                ctx.set(dut.reserve, 1)
                ctx.set(dut.push, number % 2)
                await ctx.tick()
            ctx.set(dut.reserve, 0)
            ctx.set(dut.push, 0)
            assert not ctx.get(dut.room)
            ctx.set(reset, 1)
            ctx.set(dut.o.ready, 1)  # what is taken now gives nothing back afterwards
            await ctx.tick()
            ctx.set(reset, 0)
            ctx.set(dut.o.ready, 0)
            assert (ctx.get(dut.room), ctx.get(dut.o.valid)) == (1, 0)

    simulate(dut, bench, reset=reset)


def test_no_word_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="a queue of 0 words: it must have at least 1"):
        CreditFifo(8, 0)
