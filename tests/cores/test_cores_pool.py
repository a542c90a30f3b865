"""Max-pool on bits: OR or AND of every channel, in the cycle that it promises."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Signal

from hw.cores.pool import LATENCY, Pool
from sim.beats import joined
from sim.cycles import PACES, Pace, passed, simulate
from sim.flows import Sent

SIZES = {"one": (1, 1, 1), "two by two": (6, 4, 1), "odd": (11, 6, 1), "two at once": (3, 4, 2),
         "all at once": (5, 9, 9)}  # fmt: skip
"""Channels, taps, and taps in a beat."""


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("name", SIZES)
def test_a_window_becomes_the_or_or_the_and_of_each_channel(name: str, pace: Pace) -> None:
    channels, taps, together = SIZES[name]
    rng = random.Random(pace.seed)
    any_of = [rng.random() < 0.5 for _ in range(channels)]
    sent, expected = [], []
    for number in range(20):
        share = (0.1, 0.5, 0.9)[number % 3]
        window = [[rng.random() < share for _ in range(channels)] for _ in range(taps)]
        sent += [
            joined((bit for tap in window[at : at + together] for bit in tap), 1)
            for at in range(0, taps, together)
        ]
        columns = zip(*window, strict=True)
        expected.append(joined(
            (any(column) if some else all(column)
             for some, column in zip(any_of, columns, strict=True)), 1
        ))  # fmt: skip
    pool = Pool(any_of=any_of, taps=taps, together=together)
    found = passed(Sent(pool, taps // together), sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        assert found.sent == list(range(len(sent)))
        assert found.received == [cycle + LATENCY for cycle in found.sent][
            taps // together - 1 :: taps // together]


@pytest.mark.parametrize("of_domain", [
    pytest.param(True, id="of the domain"),
    pytest.param(False, id="inserted", marks=pytest.mark.xfail(
        strict=True, reason="the boards' reset is none of the domain: it leaves the taps"
    )),
])
def test_a_reset_in_between_forgets_the_taps_that_came(of_domain: bool) -> None:
    pool, reset = Pool(any_of=[True, False], taps=2), Signal()

    async def bench(ctx: Any) -> None:
        async def tap(value: int, last: bool) -> None:
            ctx.set(pool.i.valid, 1)
            ctx.set(pool.i.p, value)
            ctx.set(pool.i.reserve, last)
            await ctx.tick()
            ctx.set(pool.i.valid, 0)
            ctx.set(pool.i.reserve, 0)

        await tap(0b01, False)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        await tap(0b10, False)
        await tap(0b10, True)
        assert (ctx.get(pool.o.valid), ctx.get(pool.o.payload)) == (1, 0b10)

    simulate(pool, bench, reset=reset, of_domain=of_domain)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Pool(any_of=[], taps=4), "any_of is empty"),
    (lambda: Pool(any_of=[True], taps=0), "1 taps in a beat do not divide the 0 of a window"),
    (lambda: Pool(any_of=[True], taps=4, together=3), "3 taps in a beat do not divide the 4"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
