"""Blocks of a memory, as yosys cuts it."""

import pytest

from boards.families import ECP5, ICE40
from hw.cores.fabric.blocks import Cut, cut


@pytest.mark.parametrize(("width", "words", "blocks"), [
    (1, 600, 1), (9, 2048, 1), (10, 1024, 1), (10, 2048, 2), (36, 512, 1), (37, 512, 2),
    (36, 513, 2), (72, 700, 4), (64, 1152, 6), (64, 2048, 8), (32, 3000, 6), (5, 5000, 2),
    (2, 9000, 1), (1, 20000, 2), (288, 36, 8), (17, 2049, 3), (40, 1500, 4), (12, 4608, 3),
])
def test_blocks_are_counted_as_yosys_packs_them(width: int, words: int, blocks: int) -> None:
    assert cut(width, words).blocks == blocks


@pytest.mark.parametrize(("words", "rows"), [(512, 1), (1024, 1), (1152, 3)])
def test_a_wide_memory_deeper_than_a_block_chooses_among_rows(words: int, rows: int) -> None:
    assert cut(64 if rows > 1 else 18, words).rows == rows


@pytest.mark.parametrize(("width", "words", "blocks"), [
    (16, 256, 1), (17, 256, 2), (8, 512, 1), (9, 512, 2), (1, 2048, 1), (1, 2049, 1), (1, 6000, 2),
    (8, 2048, 4), (192, 12, 12), (32, 64, 2), (3, 128, 1),
])
def test_blocks_have_the_shapes_of_the_family(width: int, words: int, blocks: int) -> None:
    assert cut(width, words, ICE40).blocks == blocks


def test_no_bits_take_no_block() -> None:
    assert cut(0, 100, ECP5) == Cut(0, 1, 0)
