"""Frames kept aside: those that were kept come out in order, whatever is forgotten between them."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from link_frames import Host

from hw.cores.link.framebuffer import FrameBuffers
from sim.cycles import PACES, Pace, simulate

SIZES = [(1, 1), (4, 1), (5, 2), (3, 3), (4, 4)]
"""Bytes of a frame, and frames."""


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("size", "count"), SIZES)
def test_kept_frames_come_out_in_order_and_others_do_not(
    size: int, count: int, pace: Pace
) -> None:
    host = Host(FrameBuffers(size=size, count=count), size, count, pace)
    host.play(30)
    assert len(host.kept) >= 2


@pytest.mark.parametrize(("size", "count"), SIZES)
def test_full_is_as_many_frames_as_there_are_slots_and_more_are_lost(
    size: int, count: int
) -> None:
    host = Host(FrameBuffers(size=size, count=count), size, count, PACES[0], release=0.01)
    host.play(8 + 6 * count)
    assert host.most == count
    assert host.lost > 0


@pytest.mark.parametrize(("size", "count"), [(1, 1), (5, 2), (6, 3)])
def test_a_kept_frame_comes_out_a_byte_each_cycle(size: int, count: int) -> None:
    dut, frame = FrameBuffers(size=size, count=count), random.Random(size).randbytes(size)

    async def bench(ctx: Any) -> None:
        for byte in frame:
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.i.payload, byte)
            await ctx.tick()
        ctx.set(dut.i.valid, 0)
        for _ in range(3):  # nothing comes out before it is kept
            assert not ctx.get(dut.o.valid)
            await ctx.tick()
        ctx.set(dut.keep, 1)
        await ctx.tick()
        ctx.set(dut.keep, 0)
        ctx.set(dut.o.ready, 1)
        found = []
        for _ in range(size + 6):
            found.append(ctx.get(dut.o.payload) if ctx.get(dut.o.valid) else None)
            await ctx.tick()
        first = found.index(frame[0])
        assert found == [*[None] * first, *frame, *[None] * (6 - first)]

    simulate(dut, bench)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: FrameBuffers(size=0, count=2), "2 slots of 0 bytes; both must be at least 1"),
    (lambda: FrameBuffers(size=4, count=0), "0 slots of 4 bytes; both must be at least 1"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
