"""Words that last for several steps, read part by part: each in its turn, whenever it is asked."""

import random
from typing import Any

import pytest

from hw.cores.mvu.reuse import Copy, ReusedWords
from sim.cycles import PACES, Pace, cycles, simulate


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("width", "words", "reuse", "rows"), [
    (8, 3, 2, 1), (12, 4, 3, 3), (5, 7, 4, 5), (9, 2, 2, 3), (1, 5, 3, 1), (6, 1, 2, 2),
])
def test_a_word_lasts_for_its_steps_and_the_next_is_there(
    width: int, words: int, reuse: int, rows: int, pace: Pace
) -> None:
    rng = random.Random(pace.seed)
    kept = [rng.getrandbits(width) for _ in range(words)]
    kept[0], kept[-1] = (1 << width) - 1, 0 if words > 1 else (1 << width) - 1
    dut = ReusedWords(width=width, words=kept, reuse=reuse, rows=rows)
    due: dict[int, int] = {}

    async def bench(ctx: Any) -> None:
        taken, cycle, steps = 0, 0, 3 * words * reuse + 1
        while taken < steps or cycle <= max(due):
            ready = ctx.get(dut.ready)
            assert ready == (cycle >= reuse)
            step = ready and taken < steps and rng.random() >= pace.stall
            ctx.set(dut.step, step)
            if step:
                due[cycle + 2] = kept[taken // reuse % words]
                taken += 1
            if cycle in due:
                assert ctx.get(dut.data) == due[cycle]
            await ctx.tick()
            cycle += 1

    simulate(dut, bench)


def test_a_copy_is_a_cycle_late() -> None:
    bits = [1, 0, 0, 1, 1, 0]
    found = cycles(Copy(), [{"i": bit} for bit in [*bits, 0]], ["o"])
    assert [o for (o,) in found] == [0, *bits]
