"""Constants in blocks: named ones hold their words, and every form reads them as late."""

import random

import pytest
from amaranth.back import rtlil

from boards.catalogue import board
from boards.families import ECP5
from hw.cores.fabric import blockrom
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.blocks import cut
from hw.emit.project import platform
from sim.cycles import cycles


@pytest.mark.parametrize(("port", "deep"), ECP5.blocks)
def test_a_block_holds_its_words(port: int, deep: int) -> None:
    rng = random.Random(port)
    words = [rng.getrandbits(port) for _ in range(deep - 5)]
    units = [row >> 20 * k & 0xFFFFF for row in blockrom.rows(port, words) for k in range(16)]
    assert all(unit < 1 << 18 for unit in units)
    stored = [unit >> 9 * half & 0x1FF for unit in units for half in (0, 1)]
    byte = 9 if port >= 9 else 8
    memory = sum(value << byte * k for k, value in enumerate(stored))
    assert [memory >> port * k & (1 << port) - 1 for k in range(deep)] == [*words, *[0] * 5]


@pytest.mark.parametrize("words", [2, 512, 513, 1024, 1100, 2048, 4096, 4608, 16384, 20000])
@pytest.mark.parametrize("width", [1, 9, 36, 40, 512, 1024])
def test_blocks_are_named_where_no_logic_chooses(width: int, words: int) -> None:
    count, rows, _ = cut(width, words)
    port = blockrom.port_bits(width, words)
    assert bool(port) == (rows == 1)
    if port:
        assert -(-width // port) == count


@pytest.mark.parametrize("device", [None, ("icebreaker", "UP5K")], ids=["plain", "iCE40"])
@pytest.mark.parametrize(("width", "count"), [(1, 2), (5, 3), (12, 16), (40, 21)])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_a_word_comes_two_reads_later_and_waits_for_them(
    width: int, count: int, device: tuple[str, str] | None, seed: int
) -> None:
    rng = random.Random(seed)
    words = [rng.getrandbits(width) for _ in range(count)]
    places = [*range(count), *rng.choices(range(count), k=80)]
    asked = [{"address": at, "read": k < count or rng.random() < 0.6}
             for k, at in enumerate(places)]  # fmt: skip
    target = platform(board(device[0]), device[1]) if device else None
    rom = BlockRom(width=width, words=words)
    found = cycles(rom, [*asked, {}], ["data"], platform=target)[1:]
    read: list[int] = []
    for now, (data,) in zip(asked, found, strict=True):
        if now["read"]:
            read.append(words[now["address"]])
        if len(read) > 1:
            assert data == read[-2]


@pytest.mark.parametrize(("words", "named"), [
    # One bit of all differs, and is read; where none does, there is nothing to read.
    ([0b1010, 0b1011], 1), ([0b1010, 0b0101], 1), ([7, 7, 7], 0),
])
def test_only_bits_that_differ_are_in_a_block_of_ecp5(words: list[int], named: int) -> None:
    device = platform(board("ulx3s"), "85F")
    text = rtlil.convert(BlockRom(width=4, words=words), platform=device)
    assert text.count("cell \\DP16KD ") == len(device.words) == named
    for held in device.words:
        assert (held.width, list(held.words)) == (4, words)
