"""A circular buffer that is read in several places at once: each by its reach, round and round."""

import random
from typing import Any

import pytest
from amaranth import Signal

from boards.catalogue import board
from hw.cores.fabric.rom import Home
from hw.cores.window.linebuffer import LineBuffer
from hw.emit.project import platform
from sim.cycles import cycles, simulate

SIZES: dict[str, tuple[int, int, list[list[int]]]] = {
    "one place": (3, 4, [[0]]),
    "side by side": (5, 8, [[0], [1], [2]]),
    "equal reaches": (4, 8, [[0], [3], [0], [3]]),
    "groups": (6, 16, [[0, 4, 8], [1, 5, 9]]),
    "uneven groups": (4, 16, [[0, 1, 7, 9], [2, 2, 3, 15]]),
    "as far as it is deep": (2, 8, [[0], [7]]),
    "two words": (9, 2, [[0], [1]]),
}
"""Bits of a word, words, and reaches."""

SLOW = platform(board("icebreaker"), "UP5K")
"""Of a family with few registers."""

homes = pytest.mark.parametrize("home", ["block", "lut"])


devices = pytest.mark.parametrize("device", [None, SLOW], ids=["usual", "few registers"])


@devices
@homes
@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_place_is_read_two_cycles_later(
    name: str, home: Home, seed: int, device: object
) -> None:
    width, depth, reaches = SIZES[name]
    rng = random.Random(seed)
    dut = LineBuffer(width=width, depth=depth, reaches=reaches, home=home)
    # First it is filled, then read while more is written, over its end again and again.
    words, taken_at = [0] * depth, [-9] * depth
    at, asked, due, read_at = 0, [], {}, {}
    for cycle in range(depth + 200):
        write, word = cycle < depth or rng.random() < 0.4, rng.getrandbits(width)
        address, group = rng.randrange(depth), rng.randrange(len(reaches[0]))
        asked.append({"write": write, "word": word, "address": address, "group": group})
        places = [(address + reach[group]) % depth for reach in reaches]
        # A word counts from the second cycle on after it was written; its place may be written
        # again from the second on after that of the address, which is after it is read.
        if cycle > depth + 1 and all(cycle - taken_at[place] >= 2 for place in places):
            due[cycle + 2] = [words[place] for place in places]
            read_at |= dict.fromkeys(places, cycle)
        if write and cycle - read_at.get(at, -9) < 2:
            write = asked[-1]["write"] = False
        if write:
            words[at], taken_at[at], at = word, cycle, (at + 1) % depth
    found = cycles(dut, [*asked, {}, {}], ["o"], platform=device)
    assert len(due) > 20
    for cycle, values in due.items():
        assert found[cycle] == (sum(word << k * width for k, word in enumerate(values)),)


@devices
@homes
def test_a_word_is_there_two_cycles_after_it_was_written(home: Home, device: object) -> None:
    dut = LineBuffer(width=8, depth=4, reaches=[[0], [1]], home=home)
    writes = [{"write": 1, "word": word} for word in (11, 22)]
    idle = {"write": 0, "address": 0, "group": 0}
    # The second word was written a cycle before `idle`: it may be read in the one behind that.
    found = cycles(dut, [*writes, idle, idle, {}, {}], ["o"], platform=device)
    assert found[5] == (11 | 22 << 8,)


@devices
@homes
def test_its_place_is_written_again_when_it_has_been_read(home: Home, device: object) -> None:
    dut = LineBuffer(width=8, depth=2, reaches=[[0]], home=home)
    fill = [{"write": 1, "word": 11}, {"word": 22}, {"write": 0}, {}]
    again = [{"address": 0}, {}, {"write": 1, "word": 33}]
    found = cycles(dut, [*fill, *again], ["o"], platform=device)
    assert found[6] == (11,)


def test_a_reset_in_between_writes_from_the_first_place_again() -> None:
    dut, reset = LineBuffer(width=8, depth=8, reaches=[[0], [2]], home="lut"), Signal()

    async def bench(ctx: Any) -> None:
        async def write(*words: int) -> None:
            ctx.set(dut.write, 1)
            for word in words:
                ctx.set(dut.word, word)
                await ctx.tick()
            ctx.set(dut.write, 0)
            await ctx.tick().repeat(4)

        await write(1, 2, 3, 4, 5)
        assert [ctx.get(dut.o[k]) for k in (0, 1)] == [1, 3]
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        await write(6, 7, 8)
        assert [ctx.get(dut.o[k]) for k in (0, 1)] == [6, 8]

    simulate(dut, bench, reset=reset)
