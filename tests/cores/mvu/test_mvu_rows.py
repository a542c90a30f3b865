"""Counts in rows of carry cells: right for every input, with the cells the plan says."""

import random

import pytest

from hw.cores.mvu.leaf import AGREEING, DIFFERING, PAIRS, Counted, Leaves
from hw.cores.mvu.rows import LEAST, Rows, counting, registers, stages
from sim.celltext import CellText
from sim.cycles import cycles

SIZES = [*range(LEAST, 18), 23, 31, 33, 63, 71, 95, 127, 143, 287]


def pairs(products: int) -> list[tuple[int, int]]:
    """Inputs and weights: all agree, none does, and at random."""
    rng, ones = random.Random(products), (1 << products) - 1
    some = [(rng.getrandbits(products), rng.getrandbits(products)) for _ in range(40)]
    return [(ones, ones), (0, 0), (ones, 0), (0, ones), *some]


@pytest.mark.parametrize("levels", [1, 3, 4, 6])
@pytest.mark.parametrize("products", SIZES)
def test_rows_count_where_inputs_and_weights_agree(products: int, levels: int) -> None:
    rows, first = Rows(products=products, levels=levels), pairs(products)
    other, late = first[::-1], rows.stages
    unit, found = CellText(rows.verilog(), len(first)), []
    for now in (first, other, *[first] * late):
        found.append(unit.step({"x": [x for x, _ in now], "w": [w for _, w in now]})["o"])
    counts = [products - (x ^ w).bit_count() for x, w in first]
    assert (found[late], found[late + 1]) == (counts, counts[::-1])


@pytest.mark.parametrize("levels", [1, 2, 3, 5])
@pytest.mark.parametrize("products", [4, 5, 7, 8, 16, 31, 63])
@pytest.mark.parametrize("counted", [AGREEING, DIFFERING, PAIRS], ids=lambda one: one.name)
def test_rows_and_their_plain_form_count_alike(
    counted: Counted, products: int, levels: int
) -> None:
    rng, ones = random.Random(products), (1 << products) - 1
    given = [[ones, 0, *(rng.getrandbits(products) for _ in range(40))] for _ in counted.ports]
    rows = Rows(products=products, levels=levels, counted=counted)
    unit, ports = CellText(rows.verilog(), 42), dict(zip(counted.ports, given, strict=True))
    found = [unit.step(ports)["o"] for _ in range(rows.stages + 1)][-1]
    assert found == [(counted.found(*bits) & ones).bit_count()
                     for bits in zip(*given, strict=True)]  # fmt: skip
    text, late = rows.verilog(), rows.stages
    assert levels > 3 or rows.cells == text.count("LUT4 #") + 2 * text.count("CCU2C #")
    asked = [dict(zip(counted.ports, bits, strict=True)) for bits in zip(*given, strict=True)]
    plain = cycles(rows.plain(), [*asked, *asked[:1] * late], ["o"])
    assert [o for (o,) in plain][late:] == found


@pytest.mark.parametrize(("products", "lut"), [(7, 8), (15, 20), (31, 44), (63, 96), (127, 196)])
def test_rows_take_fewer_cells_than_leaves(products: int, lut: int) -> None:
    assert Rows(products=products, levels=3).cells == lut
    assert lut < 0.8 * Leaves(products=products, levels=3).cells or products < 15


@pytest.mark.parametrize("products", SIZES)
def test_the_cost_of_a_count_is_that_of_its_text(products: int) -> None:
    rows = Rows(products=products, levels=3)
    text = rows.verilog()
    assert rows.cells == text.count("LUT4 #") + 2 * text.count("CCU2C #")
    kept = registers(rows)
    assert kept.of("x") == kept.of("w")
    assert kept.inner(AGREEING) + 2 * kept.of("x") == text.count(" <= ")


@pytest.mark.parametrize(("products", "levels", "stages"), [
    (4, 3, 1), (7, 2, 1), (63, 3, 4), (63, 1, 4), (63, 4, 2), (64, 3, 5),
])  # fmt: skip
def test_a_row_stands_for_two_lut4_from_register_to_register(
    products: int, levels: int, stages: int
) -> None:
    assert Rows(products=products, levels=levels).stages == stages


def test_few_products_have_no_rows() -> None:
    with pytest.raises(ValueError, match="3 products in rows; at least 4"):
        Rows(products=LEAST - 1, levels=3)


@pytest.mark.parametrize("products", [1, 3, 4, 5, 63, 127])
def test_counts_take_rows_where_those_are_fewer_cells_and_come_alike_in_all(products: int) -> None:
    named, other = (counting(products, 3, named_sums=named) for named in (True, False))
    assert isinstance(named, Rows) == (products > 4)
    assert type(other) is Leaves
    assert stages(products, 3) == max(named.stages, other.stages)
