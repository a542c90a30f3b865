"""Pixels made side by side go on one by one, without a gap."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from hw.cores.stream.serialiser import Serialiser
from sim.beats import joined
from sim.cycles import PACES, Pace, passed, simulate


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("width", "pixels"), [(1, 2), (3, 5), (12, 3), (40, 4)])
def test_pixels_come_lowest_first_one_each_cycle(width: int, pixels: int, pace: Pace) -> None:
    rng = random.Random(pace.seed)
    single = [rng.getrandbits(width) for _ in range(8 * pixels)]
    beats = [joined(single[k : k + pixels], width) for k in range(0, len(single), pixels)]
    found = passed(Serialiser(width, pixels), beats, len(single), pace)
    assert found.values == single
    if not pace.stall:
        assert found.received == list(range(1, 1 + len(single)))
        assert found.sent == [0, *range(pixels, len(single), pixels)]


def test_the_next_beat_is_taken_with_the_last_pixel_alone() -> None:
    dut = Serialiser(4, 3)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.i.payload, 0x321)
        assert ctx.get(dut.i.ready)  # empty
        await ctx.tick()
        for pixel in (1, 2):
            ctx.set(dut.o.ready, 1)
            assert (ctx.get(dut.o.payload), ctx.get(dut.i.ready)) == (pixel, 0)
            await ctx.tick()
        ctx.set(dut.o.ready, 0)
        assert (ctx.get(dut.o.payload), ctx.get(dut.i.ready)) == (3, 0)
        ctx.set(dut.o.ready, 1)
        assert ctx.get(dut.i.ready)

    simulate(dut, bench)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Serialiser(8, 1), "1 pixels of 8 bits: there must be at least 2, of at least 1 bit"),
    (lambda: Serialiser(0, 2), "2 pixels of 0 bits: there must be at least 2, of at least 1 bit"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
