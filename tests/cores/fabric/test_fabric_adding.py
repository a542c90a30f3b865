"""Halves that add bits and their complements: right for all values."""

from itertools import product

import pytest

from hw.cores.fabric.adding import Wire, adds, begins, carried
from hw.cores.fabric.carry import Placed, cells
from sim.celltext import CellText

EVERY = list(product((0, 1), repeat=3))


def found(halves: list[Placed]) -> tuple[list[int], list[int]]:
    """Sum and carry of a row of an addition of one bit and the half that gives its carry."""
    begin, add = halves
    text = [*cells("row", [begin, add, (0, ["1'b1"] * 4, "high")]),
            "assign low = {low};", "assign high = {high};"]
    given = [list(each) for each in zip(*EVERY, strict=True)]
    out = CellText("\n".join(text), len(EVERY)).step(
        {name: bits for name, bits in zip("abc", given, strict=True)}
    )
    return out["low"], out["high"]


@pytest.mark.parametrize("flips", EVERY)
def test_bits_and_complements_are_added(flips: tuple[int, int, int]) -> None:
    a, b, c = (Wire(f"{name}[0]", bool(flip)) for name, flip in zip("abc", flips, strict=True))
    low, high = found([(*carried(c), ""), (*adds(a, b), "low")])
    sums = [sum(bit ^ flip for bit, flip in zip(bits, flips, strict=True)) for bits in EVERY]
    assert [one + 2 * other for one, other in zip(low, high, strict=True)] == sums


def test_a_bit_is_added_to_nothing_and_two_are_carried_in_as_one() -> None:
    low, high = found([(*carried(Wire("a[0]"), Wire("b[0]", True)), ""),
                       (*adds(Wire("c[0]"), None), "low")])
    assert [one + 2 * other for one, other in zip(low, high, strict=True)] == [
        (a & 1 - b) + c for a, b, c in EVERY
    ]


def test_a_function_of_two_bits_begins_a_row() -> None:
    low, _ = found([(*begins(lambda a, b: 1 - (a ^ b), "a[0]", "b[0]"), ""),
                    (*adds(Wire("c[0]"), None), "low")])
    assert low == [1 - (a ^ b) ^ c for a, b, c in EVERY]
