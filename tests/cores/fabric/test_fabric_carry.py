"""Rows of carry cells: they add, from the carry that begins them to their last bit."""

import itertools
import re

import pytest

from hw.cores.fabric.carry import FREE, HALVES, Placed, begun_by, cells, packed, packed_halves
from hw.cores.fabric.lut4 import table
from sim.celltext import CellText

ADDS = table(lambda a, b, c, d: a ^ (b & d), 4)
"""Of A and B, with D = 1: where the two are alike the carry is A."""


def row(width: int, begin: Placed) -> list[str]:
    """Lines that add a and b of so many bits."""
    adds = [(ADDS, (f"a[{k}]", f"b[{k}]", FREE, FREE), f"o[{k}]") for k in range(width)]
    return list(cells("chain", [begin, *adds]))


def added(width: int, begin: Placed, cases: list[tuple[int, int, int]]) -> list[int]:
    outputs = ", ".join(f"o[{k}]" for k in reversed(range(width)))
    text = "\n".join([*row(width, begin), f"  assign sum = {{{outputs}}};"])
    given = dict(zip("abc", map(list, zip(*cases, strict=True)), strict=True))
    return CellText(text, len(cases)).step(given)["sum"]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_row_adds_two_numbers_and_the_carry_that_begins_it(width: int) -> None:
    numbers = range(1 << width)
    cases = [(a, b, c) for a in numbers for b in numbers for c in (0, 1)]
    found = added(width, begun_by("c[0]"), cases)
    assert found == [(a + b + c) % (1 << width) for a, b, c in cases]


def test_a_carry_runs_through_a_whole_long_row() -> None:
    width, ones = 33, (1 << 33) - 1
    assert added(width, begun_by("c[0]"), [(ones, 0, 1), (ones, 0, 0), (0, ones, 1)]) == [
        0, ones, 0
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "count"), [(1, 1), (2, 2), (3, 2), (4, 3), (8, 5)])
def test_two_halves_share_a_cell(width: int, count: int) -> None:
    text = "\n".join(row(width, begun_by("c[0]")))
    assert text.count("CCU2C #") == count
    # The chain is one: it begins open, and every cell begins with the end of the one before.
    assert re.findall(r"\.CIN\(([^)]*)\)", text) == [
        "", *(f"chain[{k}]" for k in range(1, count))
    ]
    assert re.findall(r"\.COUT\(([^)]*)\)", text) == [f"chain[{k + 1}]" for k in range(count)]


def test_every_output_has_a_net_of_its_own() -> None:
    outputs = re.findall(r"\.S[01]\(([^)]+)\)", "\n".join(row(4, begun_by("c[0]"))))
    assert len(set(outputs)) == len(outputs) == 6
    assert [net for net in outputs if net.startswith("o[")] == [f"o[{k}]" for k in range(4)]


@pytest.mark.parametrize("read", [(True,), (False,), (True, False)])
@pytest.mark.parametrize("widths", [(), (1,), (5, 1, 1), (1,) * 40, (40, 2), (9, 3, 7, 7, 2, 14)])
def test_every_addition_is_in_one_row(widths: tuple[int, ...], read: tuple[bool, ...]) -> None:
    sizes = tuple(zip(widths, itertools.cycle(read), strict=False))
    groups = tuple((size,) for size in sizes)
    rows = packed(groups)
    assert sorted(place for row in rows for place in row) == [(k, 0) for k in range(len(widths))]
    lengths = []
    for row in rows:
        # What begins next gives the carry, and one that is not read needs nothing behind it.
        lengths.append(sum(widths[k] + 1 for k, _ in row) + sizes[row[-1][0]][1])
        assert len(row) == 1 or lengths[-1] <= HALVES
    assert packed_halves(groups) == sum(length + length % 2 for length in lengths)


def test_a_group_shares_a_row() -> None:
    groups = (((1, True),) * 7, ((2, True), (1, False)), ((5, True),), ((1, True), (3, True)))
    rows = packed(groups)
    of = {place: number for number, row in enumerate(rows) for place in row}
    assert len(of) == sum(map(len, groups))
    for group, sizes in enumerate(groups):
        assert len({of[group, k] for k in range(len(sizes))}) == 1


def test_a_row_ends_with_the_addition_whose_carry_is_not_read() -> None:
    (row,) = packed((((2, False), (1, True)), ((3, True),)))
    assert row[-1] == (0, 0)


@pytest.mark.parametrize("levels", range(4, 10))
def test_the_additions_of_a_full_tree_waste_few_halves_and_share_rows(levels: int) -> None:
    """Each behind the two that it adds up: at most a twentieth is wasted, and a row ends."""

    def tree(level: int) -> list[int]:
        return [*tree(level - 1), *tree(level - 1), level] if level else []

    widths = tree(levels)
    groups = tuple(((width, True),) for width in widths)
    taken, room = sum(width + 1 for width in widths), HALVES - 1
    assert packed_halves(groups) <= 1.05 * taken * HALVES / room + HALVES
    # The one that is added last is the one before.
    of = {k: number for number, row in enumerate(packed(groups)) for k, _ in row}
    shared = [of[k] == of[k - 1] for k, width in enumerate(widths) if width > 1]
    assert sum(shared) > 0.6 * len(shared)
