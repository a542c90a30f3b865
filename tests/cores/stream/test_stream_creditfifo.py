"""Words that set out when there is room for them: the queue at their end, cycle by cycle."""

import random
from collections import deque
from typing import Any

import pytest
from amaranth import Signal

from hw.cores.stream.creditfifo import CreditFifo
from sim.cycles import PACES, Pace, simulate

SIZES = [(1, 1), (8, 2), (5, 3), (9, 7)]
"""Bits of a word, and words."""


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("flight", [0, 1, 4])
@pytest.mark.parametrize(("width", "words"), SIZES)
def test_room_offers_and_words_are_those_of_a_queue(
    width: int, words: int, flight: int, pace: Pace
) -> None:
    dut, rng = CreditFifo(width, words), random.Random(pace.seed)
    queue: deque[int] = deque()
    under_way: deque[tuple[int, int]] = deque()
    seen = set()

    async def bench(ctx: Any) -> None:
        for cycle in range(300):
            level = len(queue) + len(under_way)
            assert ctx.get(dut.room) == (level < words)
            assert ctx.get(dut.o.valid) == bool(queue)
            if queue:
                assert ctx.get(dut.o.payload) == queue[0]
            seen.add(level)
            reserve = level < words and rng.random() >= pace.stall
            ready = rng.random() >= (pace.stall if cycle > 50 else 0.9)
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

    simulate(dut, bench)
    assert seen == set(range(words + 1))  # empty, full, and all between


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
            await ctx.tick()
            ctx.set(reset, 0)
            assert (ctx.get(dut.room), ctx.get(dut.o.valid)) == (1, 0)

    simulate(dut, bench, reset=reset)


def test_no_word_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="a queue of 0 words: it must have at least 1"):
        CreditFifo(8, 0)
