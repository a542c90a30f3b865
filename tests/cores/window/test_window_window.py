"""The sliding window: its sizes, and every input of every position of small ones."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from sim.cycles import PACES, Pace, passed
from sim.windows import CASES

GEOMETRY = WindowGeometry.of(height=6, width=6, kernel=(3, 3))
PAIRS = WindowGeometry.of(height=6, width=6, kernel=(3, 3), pixels=2)


def window(geometry: WindowGeometry = GEOMETRY, **given: Any) -> Window:
    return Window(WindowSizes(geometry=geometry, channels=8, simd=8), **given)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: window(row_class=[0] * 6), "6 row classes for 4 steps"),
    (lambda: window(PAIRS, column_class=[0] * 4), "4 column classes for 2 steps"),
    (lambda: window(room=0), "room for 0 words in a buffer of 64"),
    (lambda: window(room=65), "room for 65 words in a buffer of 64"),
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
