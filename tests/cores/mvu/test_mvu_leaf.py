"""Counts in fused leaves: right for every input, with no more cells than the plan says."""

import random

import pytest

from hw.cores.fabric.lut4 import Bit, Netlist
from hw.cores.mvu import leaf
from hw.cores.mvu.leaf import AGREEING, DIFFERING, PAIRS, Agreements, Counted, Leaves, count
from hw.cores.mvu.split import depth, stages
from sim.celltext import CellText
from sim.cycles import cycles


def cells(products: int, counted: Counted = AGREEING) -> int:
    return Leaves(products=products, levels=3, counted=counted).verilog().count("LUT4 #")


@pytest.mark.parametrize(
    ("products", "luts"), [(1, 1), (2, 2), (3, 3), (7, 10), (15, 26), (31, 60), (63, 130)]
)
def test_full_trees_take_the_fewest_cells(products: int, luts: int) -> None:
    assert cells(products) == luts


@pytest.mark.parametrize(("pairs", "luts"), [(1, 1), (2, 3), (3, 4), (7, 13), (15, 33), (31, 75)])
def test_a_pair_and_its_weight_take_one_more_in_every_leaf(pairs: int, luts: int) -> None:
    assert cells(pairs, PAIRS) == luts


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 95, 96, 127, 143, 255, 287, 575])
def test_no_bit_comes_later_than_the_depth(size: int) -> None:
    net = Netlist(1)
    products = ((Bit(f"x[{k}]"), Bit(f"w[{k}]")) for k in range(size))
    bits = count(net, products, size)
    assert len(bits) == size.bit_length()
    assert max(bit.level for bit in bits) <= depth(size)
    pairs = ((Bit(f"x[{k}]"), Bit(f"y[{k}]"), Bit(f"w[{k}]")) for k in range(size))
    assert max(bit.level for bit in count(Netlist(1), pairs, size, PAIRS)) <= depth(size) + 1


@pytest.mark.parametrize("counted", [AGREEING, DIFFERING, PAIRS], ids=lambda one: one.name)
@pytest.mark.parametrize("simd", [1, 2, 3, 4, 8, 9, 16, 27, 32, 36, 64, 72, 96, 128, 288])
def test_the_cost_of_a_count_is_that_of_its_cells(simd: int, counted: Counted) -> None:
    assert leaf.cells(simd, counted) == cells(simd, counted)


def pairs(products: int, seed: int) -> list[tuple[int, int]]:
    """Inputs and weights: all agree, none does, and at random."""
    rng, ones = random.Random(seed), (1 << products) - 1
    some = [(rng.getrandbits(products), rng.getrandbits(products)) for _ in range(60)]
    return [(ones, ones), (0, 0), (ones, 0), (0, ones), *some]


def agreeing(pair: tuple[int, int], products: int) -> int:
    return products - (pair[0] ^ pair[1]).bit_count()


@pytest.mark.parametrize("levels", [1, 2, 3, 9])
@pytest.mark.parametrize("products", [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 31, 33])
def test_cells_count_where_inputs_and_weights_agree(products: int, levels: int) -> None:
    leaves = Leaves(products=products, levels=levels)
    first, other = pairs(products, seed=1), pairs(products, seed=2)[::-1]
    unit = CellText(leaves.verilog(), len(first))
    late = []
    for now in (first, other, *[first] * stages(products, levels)):
        late.append(unit.step({"x": [x for x, _ in now], "w": [w for _, w in now]})["o"])
    latency = stages(products, levels)
    assert late[latency] == [agreeing(pair, products) for pair in first]
    assert late[latency + 1] == [agreeing(pair, products) for pair in other]


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 16, 31])
@pytest.mark.parametrize("counted", [DIFFERING, PAIRS], ids=lambda one: one.name)
def test_cells_and_plain_form_count_pairs(counted: Counted, size: int, levels: int) -> None:
    rng, ones = random.Random(size), (1 << size) - 1
    given = [[rng.getrandbits(size) for _ in range(64)] for _ in counted.ports]
    for bits in given:
        bits[:2] = [ones, 0]
    leaves = Leaves(products=size, levels=levels, counted=counted)
    expected = [(counted.found(*bits) & ones).bit_count() for bits in zip(*given, strict=True)]
    assert expected[:2] == [size * (counted is PAIRS)] * 2
    unit, late = CellText(leaves.verilog(), 64), leaves.stages
    ports = dict(zip(counted.ports, given, strict=True))
    assert [unit.step(ports)["o"] for _ in range(late + 1)][late] == expected
    rows = [dict(zip(counted.ports, bits, strict=True)) for bits in zip(*given, strict=True)]
    found = cycles(leaves.plain(), [*rows, *rows[:1] * late], ["o"])
    assert [o for (o,) in found][late:] == expected


@pytest.mark.parametrize("products", [1, 2, 5, 16])
def test_the_plain_form_counts_alike(products: int) -> None:
    shown = pairs(products, seed=3)
    plain = Leaves(products=products, levels=2).plain()
    assert isinstance(plain, Agreements)
    late = stages(products, 2)
    asked = [{"x": x, "w": w} for x, w in [*shown, *shown[:1] * late]]
    found = [o for (o,) in cycles(plain, asked, ["o"])][late:]
    assert found == [agreeing(pair, products) for pair in shown]


@pytest.mark.parametrize(("products", "adders"), [(1, 0), (2, 1), (3, 1), (4, 3), (7, 4), (15, 11)])
def test_additions_are_counted_bit_by_bit(products: int, adders: int) -> None:
    assert Leaves(products=products, levels=3).full_adders == adders
