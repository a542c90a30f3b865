"""The sliding window: its sizes, and every input of every position of small ones."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from hw.cores.window.window import Window
from sim.cycles import PACES, Pace, passed
from sim.windows import CASES


def window(**changes: Any) -> Window:
    sizes: dict[str, Any] = {"channels": 8, "height": 6, "width": 6, "kernel": (3, 3), "simd": 8}
    return Window(**(sizes | changes))


@pytest.mark.parametrize(("build", "text"), [
    (lambda: window(simd=3), "SIMD 3 neither divides 8 channels nor is them times a divisor of 9"),
    (lambda: window(simd=16), "SIMD 16 neither divides 8 channels"),
    (lambda: window(simd=0), "SIMD 0 neither divides 8 channels"),
    (lambda: window(kernel=(7, 3)), "rows: a kernel of 7 with padding 0 does not slide over 6"),
    (lambda: window(padding=(0, 3)), "columns: a kernel of 3 with padding 3 does not slide"),
    (lambda: window(row_class=[0] * 6), "6 row classes for 4 steps"),
    (lambda: window(pixels=3), "3 pixels at once do not divide 4 columns"),
    (lambda: window(pixels=0), "0 pixels at once do not divide 4 columns"),
    (lambda: window(pixels=2, column_class=[0] * 4), "4 column classes for 2 steps"),
    (lambda: window(depth=24), "a buffer of 24 pixels must be a power of two of at least 18; the "
     "default is 64"),
    (lambda: window(room=0), "room for 0 pixels in a buffer of 64"),
    (lambda: window(depth=32, room=33), "room for 33 pixels in a buffer of 32"),
    (lambda: window(depth=16), "a buffer of 16 pixels"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


SMALL = ["two_pixels_padded", "whole_row_beyond_map"]


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("name", SMALL)
def test_small_windows_stream_every_input(name: str, pace: Pace) -> None:
    """Of all sizes, and each cycle's beat, see sim/test_window.py."""
    case = CASES[name]
    maps = case.maps(1, pace.seed)
    expected = case.beats_out(maps)
    found = passed(case.window(), case.beats_in(maps), len(expected), pace)
    assert found.values == expected
