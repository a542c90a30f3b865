"""Constant memories: words in turn and by address, each with the lateness that it promises."""

import random
from typing import Any

import pytest

from hw.cores.fabric.rom import Home, Rom, Table, Weights
from sim.cycles import PACES, Pace, cycles, simulate

SIZES = [(4, 1), (1, 2), (5, 3), (9, 8), (7, 13)]
"""Bits of a word, and words."""

homes = pytest.mark.parametrize("home", ["block", "lut"])
paces = pytest.mark.parametrize("pace", PACES, ids=str)
sizes = pytest.mark.parametrize(("width", "count"), SIZES)


def content(width: int, count: int) -> list[int]:
    """The first and the last word differ in every bit."""
    rng = random.Random(width)
    words = [rng.getrandbits(width) for _ in range(count)]
    words[-1] = words[0] ^ (1 << width) - 1
    return words


@sizes
@homes
@paces
@pytest.mark.parametrize("late", [1, 2])
def test_weights_come_one_or_two_cycles_behind_their_step(
    width: int, count: int, home: Home, pace: Pace, late: int
) -> None:
    words, rng = content(width, count), random.Random(pace.seed)
    steps = [rng.random() >= pace.stall for _ in range(3 * count + 40)]
    weights = Weights(width=width, words=words, home=home, soon=late == 1)
    found = cycles(weights, [{"step": step} for step in [*steps, 0, 0]], ["data"])
    turns = [k for k, step in enumerate(steps) if step]
    assert len(turns) > count
    for turn, cycle in enumerate(turns):
        assert found[cycle + late] == (words[turn % count],)


@sizes
@paces
def test_a_rom_goes_on_to_its_next_word_with_every_step(
    width: int, count: int, pace: Pace
) -> None:
    words, rng = content(width, count), random.Random(pace.seed)
    rom = Rom(width=width, words=words)

    async def bench(ctx: Any) -> None:
        taken = 0
        for cycle in range(4 * count + 40):
            if taken or count == 1:
                assert ctx.get(rom.data) == words[(taken - 1) % count]
            ready = ctx.get(rom.ready)
            assert ready == (cycle > 0 or count == 1)
            step = ready and rng.random() >= pace.stall
            taken += step
            ctx.set(rom.step, step)
            await ctx.tick()
        assert taken > count

    simulate(rom, bench)


@sizes
@homes
def test_a_table_holds_its_word_while_it_is_not_read(width: int, count: int, home: Home) -> None:
    words, rng = content(width, count), random.Random(count)
    places = [*range(count), *rng.choices(range(count), k=60)]
    asked = [{"address": at, "read": k < count or rng.random() < 0.5}
             for k, at in enumerate(places)]  # fmt: skip
    table = Table(width=width, words=words, home=home)
    found = cycles(table, [*asked, {}], ["data"])[1:]
    last = 0
    for now, seen in zip(asked, found, strict=True):
        last = words[now["address"]] if now["read"] else last
        assert seen == (last,)
