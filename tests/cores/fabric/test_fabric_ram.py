"""A memory with a port to write and one to read: what was written last is read, and held."""

import random
from typing import Literal

import pytest
from amaranth.back import rtlil

from boards.catalogue import board
from hw.cores.fabric.ram import Ram
from hw.emit.project import platform
from sim.cycles import cycles

Home = Literal["block", "lut"]
homes = pytest.mark.parametrize("home", ["block", "lut"])


@homes
@pytest.mark.parametrize(("width", "depth"), [(1, 1), (8, 2), (3, 3), (5, 12), (36, 16)])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_a_word_is_read_a_cycle_later_as_it_was_written(
    width: int, depth: int, home: Home, seed: int
) -> None:
    rng = random.Random(seed)
    words, last, expected = [0] * depth, 0, [(0,)]
    asked = []
    for _ in range(200):
        write, at, word = rng.randint(0, 1), rng.randrange(depth), rng.getrandbits(width)
        read, of = rng.random() < 0.7, rng.randrange(depth)
        if write and at == of:
            read = False  # it is undefined
        asked.append({
            "write": write, "write_address": at, "write_data": word,
            "read": read, "read_address": of,
        })  # fmt: skip
        if read:
            last = words[of]
        if write:
            words[at] = word
        expected.append((last,))
    ram = Ram(width=width, depth=depth, home=home)
    assert cycles(ram, [*asked, {}], ["data"]) == expected


@homes
def test_the_first_and_the_last_word_are_two(home: Home) -> None:
    write = [{"write": 1, "write_address": at, "write_data": at + 1} for at in (0, 11)]
    read = [{"write": 0, "read": 1, "read_address": at} for at in (0, 11, 5)]
    found = cycles(Ram(width=4, depth=12, home=home), [*write, *read, {}], ["data"])
    assert found[3:] == [(1,), (12,), (0,)]


@pytest.mark.parametrize(("home", "depth", "device", "style"), [
    ("block", 2, "ulx3s", "block"), ("block", 100, "ulx3s", "block"),
    ("lut", 2, "ulx3s", "logic"), ("lut", 3, "ulx3s", "distributed"),
    # iCE40 has no distributed memory.
    ("lut", 2, "icebreaker", "logic"), ("lut", 3, "icebreaker", "block"),
])
def test_a_memory_lives_where_it_was_told_to(
    home: Home, depth: int, device: str, style: str
) -> None:
    target = board(device)
    ram = Ram(width=4, depth=depth, home=home)
    text = rtlil.convert(ram, platform=platform(target, target.default_variant))
    assert f'attribute \\ram_style "{style}"' in text
    assert "attribute \\no_rw_check 1" in text
