"""Sizes of a matrix-vector unit: those that do not fit, widths, and whether sums run."""

import re
from typing import Any

import pytest
from amaranth import signed, unsigned

from hw.cores.mvu.sizes import MvuSizes


def sizes(**changes: Any) -> MvuSizes:
    numbers: dict[str, Any] = {"outputs": 4, "inputs": 12, "pe": 2, "simd": 4}
    return MvuSizes(**(numbers | changes))


@pytest.mark.parametrize(("changes", "text"), [
    ({"pe": 0}, "pe=0"),
    ({"inputs": 13}, "SIMD 4 does not divide 13 inputs"),
    ({"pe": 4, "simd": 12, "home": "logic", "shared": 2},
     "2 inputs with the same weight: logic has each built in"),
    ({"shared": 3}, "3 inputs with the same weight do not divide SIMD 4"),
    ({"thresholds": -1}, "-1 border classes; 0 gives counts"),
    ({"home": "logic"}, "6 weight words: logic has a single one built in"),
    ({"pe": 4, "simd": 12, "home": "steps"},
     "1 weight words, each used 1 times: steps have 2 to 16 built in, each used once"),
    ({"home": "steps", "reuse": 2},
     "6 weight words, each used 2 times: steps have 2 to 16 built in, each used once"),
    ({"home": "steps", "shared": 2}, "2 inputs with the same weight: steps has each built in"),
])
def test_sizes_that_do_not_fit_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        sizes(**changes)


@pytest.mark.parametrize(("element", "thresholds", "count", "total"), [
    (1, 0, unsigned(4), unsigned(4)), (1, 1, unsigned(4), signed(5)),
    (9, 0, signed(13), signed(13)), (9, 1, signed(13), signed(14)),
])
def test_counts_are_as_wide_as_the_worst_case(
    element: int, thresholds: int, count: Any, total: Any
) -> None:
    found = sizes(element=element, thresholds=thresholds)
    assert (found.count_shape, found.total_shape) == (count, total)


@pytest.mark.parametrize(("changes", "one"), [
    ({}, True), ({"thresholds": 0}, True), ({"thresholds": 2}, False), ({"reuse": 2}, False),
    ({"pe": 2}, False), ({"simd": 4}, False),
])
def test_sums_run_unless_each_is_of_one_addition_to_the_same(
    changes: dict[str, int], one: bool
) -> None:
    assert sizes(**({"pe": 4, "simd": 12} | changes)).one_addition == one


def test_a_home_is_one_of_those_there_are_and_logic_is_no_memory() -> None:
    with pytest.raises(ValueError, match="home 'attic' of weights; those there are: block, lut, l"):
        MvuSizes(outputs=4, inputs=4, pe=1, simd=1, home="attic")
    assert MvuSizes(outputs=4, inputs=4, pe=1, simd=1, home="lut").memory == "lut"
    with pytest.raises(ValueError, match="weights in logic are no memory"):
        _ = MvuSizes(outputs=4, inputs=4, pe=4, simd=4, home="logic").memory
