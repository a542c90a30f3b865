"""Cells of ECP5 that are named and not inferred: how many, how deep, and what memory holds."""

import random

import pytest

from boards.families import ECP5
from hw.cores.fabric import blockrom
from hw.cores.fabric.blocks import cut
from hw.cores.fabric.lut4 import Bit, Netlist
from hw.cores.mvu import bitsum
from hw.cores.mvu.accumulator import verilog
from hw.cores.mvu.leaf import Leaves, count
from hw.cores.mvu.split import depth, split, stages


def cells(products: int, levels: int = 3) -> int:
    return Leaves(products=products, levels=levels).verilog().count("LUT4 #")


@pytest.mark.parametrize(
    ("products", "luts"), [(1, 1), (2, 2), (3, 3), (7, 10), (15, 26), (31, 60), (63, 130)]
)
def test_full_trees_take_the_fewest_cells(products: int, luts: int) -> None:
    assert cells(products) == luts


@pytest.mark.parametrize("size", range(4, 200))
def test_a_split_leaves_one_for_the_carry(size: int) -> None:
    a, b = split(size)
    assert (a + b + 1, a >= b >= 0) == (size, True)


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 95, 96, 127, 143, 255, 287, 575])
def test_no_bit_comes_later_than_the_depth(size: int) -> None:
    net = Netlist(1)
    products = ((Bit(f"x[{k}]"), Bit(f"w[{k}]")) for k in range(size))
    bits = count(net, products, size)
    assert len(bits) == size.bit_length()
    assert max(bit.level for bit in bits) <= depth(size)


@pytest.mark.parametrize("simd", [1, 2, 3, 4, 8, 9, 16, 27, 32, 36, 64, 72, 96, 128, 288])
def test_the_plan_knows_the_cells_and_stages_of_a_count(simd: int) -> None:
    counted = max(simd - 1, 1)
    assert bitsum.resources(1, simd).lut == cells(counted) + (simd > 1)
    assert bitsum.latency(simd, 3) == 1 + stages(counted, 3)


@pytest.mark.parametrize(("width", "halves"), [(1, 2), (12, 14), (13, 14)])
def test_a_sum_is_one_row_of_carry_cells(width: int, halves: int) -> None:
    text = verilog(width)
    assert text.count("CCU2C #") * 2 == halves
    assert text.count(".CIN()") == 1
    assert text.count("()") == 1


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
