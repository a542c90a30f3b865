# amaranth: UnusedElaboratable=no
"""Cores refuse sizes that do not fit each other, with the numbers."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from amaranth import signed, unsigned

from hw.cores.link.framebuffer import FrameBuffers
from hw.cores.lookup import Lookup
from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.pool import Pool
from hw.cores.scores import Scores
from hw.cores.stream.converter import Narrower, Widener
from hw.cores.stream.serialiser import Serialiser
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window

SLIDES = ("height", "width", "kernel", "stride", "padding", "pixels", "turns")
SIZES = ("channels", "simd", "element", "passes", "buffer")


def window(**changes: Any) -> Window:
    given: dict[str, Any] = {"channels": 8, "height": 6, "width": 6, "kernel": (3, 3), "simd": 8}
    given |= changes
    geometry = WindowGeometry.of(**{name: given.pop(name) for name in SLIDES if name in given})
    sizes = {name: given.pop(name) for name in SIZES if name in given}
    return Window(WindowSizes(geometry=geometry, **sizes), **given)


def sizes(**changes: Any) -> MvuSizes:
    numbers: dict[str, Any] = {"outputs": 4, "inputs": 12, "pe": 2, "simd": 4}
    return MvuSizes(**(numbers | changes))


def mvu(weights: tuple[int, ...] = (4, 12), thresholds: tuple[int, ...] | None = (1, 1, 1, 4),
        **changes: Any) -> Mvu:  # fmt: skip
    """A unit with weights and thresholds of these shapes."""
    limits = None if thresholds is None else np.ones(thresholds, np.int64)
    return Mvu(sizes(**changes), np.ones(weights, np.int8), limits)


def scores(**changes: Any) -> Scores:
    sizes: dict[str, Any] = {
        "count": unsigned(4), "positions": 2, "multipliers": [1, 1], "offsets": [0, 0]
    }
    return Scores(**(sizes | changes))


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Widener(0, 2), "a beat of 0 bits, 2 of them: both must be at least 1"),
    (lambda: Narrower(3, 0), "a beat of 3 bits, 0 of them: both must be at least 1"),
    (lambda: Serialiser(8, 1), "1 pixels of 8 bits: there must be at least 2, of at least 1 bit"),
    (lambda: Pool(any_of=[], taps=4), "any_of is empty"),
    (lambda: Pool(any_of=[True], taps=4, together=3), "3 taps in a beat do not divide the 4"),
    (lambda: Popcount(0, 1), "a count of 0 bits"),
    (lambda: Lookup(table=[[0] * 255], element=2), "channel 0 has 255 entries, not 256"),
    (lambda: Lookup(table=[[0] * 256, [2] * 256], element=2),
     "channel 1 makes 2 of byte 0: 2 bits hold -2 to 1"),
    (lambda: Lookup(table=[[0] * 256], element=1), "1 bits hold -1 to 1"),
    (lambda: FrameBuffers(size=0, count=2), "2 slots of 0 bytes; both must be at least 1"),
    (lambda: FrameBuffers(size=4, count=0), "0 slots of 4 bytes; both must be at least 1"),
    (lambda: window(simd=3), "SIMD 3 neither divides 8 channels nor is them times a divisor of 9"),
    (lambda: window(simd=16), "SIMD 16 neither divides 8 channels"),
    (lambda: window(simd=0), "SIMD 0 neither divides 8 channels"),
    (lambda: window(kernel=(7, 3)), "rows: a kernel of 7 with padding 0 does not slide over 6"),
    (lambda: window(padding=(0, 3)), "columns: a kernel of 3 with padding 3 does not slide"),
    (lambda: window(row_class=[0] * 6), "6 row classes for 4 steps"),
    (lambda: window(pixels=3), "3 pixels at once do not divide 4 columns"),
    (lambda: window(pixels=0), "0 pixels at once do not divide 4 columns"),
    (lambda: window(pixels=2, column_class=[0] * 4), "4 column classes for 2 steps"),
    (lambda: window(room=65), "room for 65 pixels in a buffer of 64"),
    (lambda: window(room=0), "room for 0 pixels in a buffer of 64"),
    (lambda: sizes(pe=0), "pe=0"),
    (lambda: sizes(inputs=13), "SIMD 4 does not divide 13 inputs"),
    (lambda: sizes(thresholds=-1), "-1 border classes; 0 gives counts"),
    (lambda: sizes(home="logic"), "6 weight words: logic has a single one built in"),
    (lambda: mvu(weights=(4, 13)), "weights of shape (4, 13): outputs and inputs are 4 and 12"),
    (lambda: mvu(thresholds=(2, 1, 1, 4)),
     "thresholds of shape (2, 1, 1, 4): border classes, turns, pixels and channels are "
     "(1, 1, 1, 4)"),
    (lambda: mvu(thresholds=(1, 1, 2, 4), held=3),
     "thresholds of shape (1, 1, 2, 4): border classes, turns, pixels and channels are "
     "(1, 1, 1, 4) or (1, 3, 1, 4)"),
    (lambda: mvu(thresholds=None), "no thresholds for 1 border classes"),
    (lambda: scores(offsets=[0]), "2 multipliers and 1 offsets"),
    (lambda: scores(positions=0), "0 positions: there must be at least 1"),
    (lambda: scores(score=signed(5)), "a score needs signed(6), not signed(5)"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


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
    ({}, True), ({"thresholds": 0}, True), ({"thresholds": 2}, False), ({"held": 2}, False),
    ({"pe": 2}, False), ({"simd": 4}, False),
])
def test_sums_run_unless_each_is_of_one_addition_to_the_same(
    changes: dict[str, int], one: bool
) -> None:
    assert sizes(**({"pe": 4, "simd": 12} | changes)).one_addition == one


@pytest.mark.parametrize(("changes", "shape"), [
    ({}, signed(6)),
    ({"offsets": [0, 1]}, signed(6)),
    ({"offsets": [0, 2]}, signed(7)),
    ({"count": signed(4)}, signed(5)),
    ({"multipliers": [1, -2]}, signed(7)),
])
def test_scores_are_as_wide_as_the_worst_case(changes: dict[str, Any], shape: Any) -> None:
    assert scores(**changes).score_shape == shape
