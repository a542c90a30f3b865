"""Scores wait for their frame's verdict: those of good frames go on, those of bad ones do not."""

import random
from typing import Any

import pytest
from amaranth import signed

from hw.cores.link.release import Release
from hw.cores.scores import scores_layout
from sim.cycles import PACES, Pace, simulate


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("classes", [1, 3])
def test_only_scores_of_good_frames_go_on(classes: int, pace: Pace) -> None:
    layout, chance = scores_layout(signed(6), classes), random.Random(pace.seed)
    verdicts = [True, False, False, True, *(chance.random() < 0.6 for _ in range(20))]
    beats = [
        {"score": chance.randrange(-32, 32), "klass": chance.randrange(classes),
         "last": k == classes - 1}
        for _ in verdicts for k in range(classes)
    ]  # fmt: skip
    words = [layout.const(beat).as_bits() for beat in beats]
    expected = [word for k, word in enumerate(words) if verdicts[k // classes]]
    dut, came, lost = Release(layout), list[int](), 0

    async def bench(ctx: Any) -> None:
        nonlocal lost
        taken, known, offered, told = 0, 0, False, False
        while taken < len(words):
            offered = offered or chance.random() >= pace.stall
            told = known < len(verdicts) and (told or chance.random() >= pace.stall)
            ready = chance.random() >= pace.stall
            ctx.set(dut.i.valid, offered)
            ctx.set(dut.i.p, layout.const(beats[taken]))
            ctx.set(dut.verdict.valid, told)
            ctx.set(dut.verdict.p, told and verdicts[known])
            ctx.set(dut.o.ready, ready)
            lost += ctx.get(dut.lost)
            if ready and ctx.get(dut.o.valid):
                came.append(ctx.get(dut.o.p.as_value()))
            moved, ended = offered and ctx.get(dut.i.ready), told and ctx.get(dut.verdict.ready)
            assert not ended or (moved and beats[taken]["last"])
            taken, known = taken + bool(moved), known + bool(ended)
            offered, told = offered and not moved, told and not ended
            await ctx.tick()

    simulate(dut, bench)
    assert came == expected
    assert lost == verdicts.count(False)
