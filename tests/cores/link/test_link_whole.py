"""Frames of any length with a mark at their end: whole ones go on, others are made whole."""

import random
from typing import Any

import pytest

from hw.cores.link.whole import WholeFrames, marked
from sim.cycles import PACES, Pace, simulate

WIDTH = 5


def frames(size: int, seed: int) -> list[list[int]]:
    """Frames of all kinds of length: as many right ones, one short, one long, a single beat."""
    chance = random.Random(seed)
    lengths = [size, max(1, size - 1), size + 1, size, size, 1, 2 * size + 1, size, size]
    lengths += [chance.choice((size, size, chance.randint(1, 2 * size))) for _ in range(25)]
    return [[chance.randrange(1 << WIDTH) for _ in range(length)] for length in lengths]


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_every_frame_becomes_one_of_the_right_length_with_a_verdict(size: int, pace: Pace) -> None:
    sent = frames(size, pace.seed)
    expected = [(frame + [0] * size)[:size] for frame in sent]
    good = [len(frame) == size for frame in sent]
    beats = [(beat, k == len(frame) - 1) for frame in sent for k, beat in enumerate(frame)]
    dut, chance = WholeFrames(width=WIDTH, beats=size), random.Random(pace.seed)
    came, verdicts = list[int](), list[bool]()
    counted = {"began": 0, "good": 0, "bad": 0}

    async def bench(ctx: Any) -> None:
        offered, left = False, list(beats)
        while len(verdicts) < len(sent) or left:
            offered = bool(left) and (offered or chance.random() >= pace.stall)
            ctx.set(dut.i.valid, offered)
            if offered:
                ctx.set(dut.i.p, marked(WIDTH).const({"data": left[0][0], "last": left[0][1]}))
            ready, taken = chance.random() >= pace.stall, chance.random() >= pace.stall
            ctx.set(dut.o.ready, ready)
            ctx.set(dut.verdict.ready, taken)
            for name in counted:
                counted[name] += ctx.get(getattr(dut, name))
            if ready and ctx.get(dut.o.valid):
                came.append(ctx.get(dut.o.p))
            if taken and ctx.get(dut.verdict.valid):
                # A verdict never comes before the frame's last beat.
                assert len(came) >= size * (len(verdicts) + 1)
                verdicts.append(bool(ctx.get(dut.verdict.p)))
            if offered and ctx.get(dut.i.ready):
                left.pop(0)
                offered = False
            await ctx.tick()

    simulate(dut, bench)
    assert came == [beat for frame in expected for beat in frame]
    assert verdicts == good
    assert counted == {"began": len(sent), "good": sum(good), "bad": len(sent) - sum(good)}


def test_whole_frames_pass_at_full_speed() -> None:
    dut, passed = WholeFrames(width=WIDTH, beats=3), 0

    async def bench(ctx: Any) -> None:
        nonlocal passed
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.verdict.ready, 1)
        ctx.set(dut.i.valid, 1)
        for cycle in range(30):
            ctx.set(dut.i.p, marked(WIDTH).const({"data": 1, "last": cycle % 3 == 2}))
            passed += ctx.get(dut.o.valid) & ctx.get(dut.i.ready)
            await ctx.tick()

    simulate(dut, bench)
    assert passed == 30


def test_a_frame_without_beats_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame of 0 beats"):
        WholeFrames(width=1, beats=0)
