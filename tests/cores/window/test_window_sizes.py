"""Sizes of a window: refusals, homes, and copies of its buffer."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import SHALLOW, WindowSizes


def sizes(
    *, channels: int = 8, simd: int = 8, passes: int = 1, pixels: int = 1, width: int = 6,
    **slides: Any,
) -> WindowSizes:  # fmt: skip
    given: dict[str, Any] = {"height": 6, "width": width, "kernel": (3, 3), "pixels": pixels}
    geometry = WindowGeometry.of(**(given | slides))
    return WindowSizes(geometry=geometry, channels=channels, simd=simd, passes=passes)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: sizes(simd=3), "SIMD 3 neither divides 8 channels nor is them times a divisor of 9"),
    (lambda: sizes(simd=16), "SIMD 16 neither divides 8 channels"),
    (lambda: sizes(simd=0), "SIMD 0 neither divides 8 channels"),
    (lambda: sizes(kernel=(7, 3)), "rows: a kernel of 7 with padding 0 does not slide over 6"),
    (lambda: sizes(padding=(0, 3)), "columns: a kernel of 3 with padding 3 does not slide"),
    (lambda: sizes(pixels=3), "3 pixels at once do not divide 4 columns"),
    (lambda: sizes(pixels=0), "0 pixels at once do not divide 4 columns"),
    (lambda: sizes(beat=4), "4 pixels a beat do not divide a row of 6, or the 1 columns from"),
    (lambda: sizes(beat=2), "2 pixels a beat do not divide a row of 6, or the 1 columns from"),
    (lambda: sizes(beat=0), "0 pixels a beat do not divide a row of 6"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


@pytest.mark.parametrize(("simd", "slices", "together", "step", "word"), [
    (2, 4, 1, 72, 2), (8, 1, 1, 18, 8), (24, 1, 3, 6, 8), (72, 1, 9, 2, 8),
])
def test_beats_of_a_position(simd: int, slices: int, together: int, step: int, word: int) -> None:
    found = sizes(simd=simd, passes=2)
    assert (found.slices, found.together, found.step) == (slices, together, step)
    assert (found.word, found.flight, found.latency) == (word, 3, 5)


@pytest.mark.parametrize(("simd", "beat", "word", "parts", "words", "flight"), [
    (8, 1, 8, 1, 64, 3), (2, 1, 2, 4, 256, 3), (4, 1, 4, 2, 128, 3),
    (8, 2, 16, 1, 32, 4), (2, 2, 16, 1, 32, 4),
])
def test_words_are_slices_of_a_pixel_unless_several_pixels_come_at_once(
    simd: int, beat: int, word: int, parts: int, words: int, flight: int
) -> None:
    found = sizes(simd=simd, pixels=2, beat=beat, passes=4)
    assert (found.word, found.parts, found.words, found.flight) == (word, parts, words, flight)


def test_slices_of_a_pixel_take_as_many_words_as_a_power_of_two() -> None:
    found = sizes(channels=6, simd=2)
    assert (found.parts, found.words) == (3, 4 * found.depth)


def test_a_shallow_buffer_lives_in_lut_whatever_is_wanted() -> None:
    deep, shallow = sizes(simd=1), sizes(simd=1, height=2, width=2, kernel=(1, 1))
    assert deep.depth > SHALLOW >= shallow.depth
    assert (deep.home, shallow.home) == ("block", "lut")
    assert (deep.resources().ebr > 0, shallow.resources().ebr) == (True, 0)


@pytest.mark.parametrize(("simd", "pixels", "memories"), [
    (8, 1, 1), (4, 4, 4), (24, 1, 3), (24, 4, 6), (72, 2, 12),
])
def test_neighbours_share_what_they_read(simd: int, pixels: int, memories: int) -> None:
    found = sizes(simd=simd, pixels=pixels)
    assert found.memories == memories
    assert found.inputs == memories * min(simd, 8)


@pytest.mark.parametrize(("simd", "padding", "memories", "turning"), [
    # Two of four columns are in a word without padding, one is at either side of a word with it.
    (72, 0, 3 * 2, 0), (72, 1, 3 * 3, 0),
    # A tap at a time is now one pixel of its word and now the other.
    (8, 0, 2, 2), (24, 0, 2, 0),
])
def test_taps_of_a_word_are_read_from_one_memory(
    simd: int, padding: int, memories: int, turning: int
) -> None:
    one, two = (
        sizes(simd=simd, pixels=2, beat=beat, padding=(padding, padding)) for beat in (1, 2)
    )
    assert (two.memories, two.turning) == (memories, turning)
    assert (two.inputs, two.word, two.depth) == (one.inputs, 16, one.depth // 2)
    assert two.flight == (4 if turning else 3)


def test_a_whole_row_may_come_in_any_words_of_it() -> None:
    assert [sizes(pixels=4, beat=beat).depth for beat in (1, 3, 6)] == [64, 16, 8]
