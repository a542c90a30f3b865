"""Thresholds: the words that sums start from, and where they are kept."""

import numpy as np
import pytest
from amaranth import signed

from hw.cores.fabric.home import Home
from hw.cores.fabric.rom import STYLES
from hw.cores.mvu import thresholds
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.thresholds import ThresholdMemory, start_words
from hw.emit.verilog import emit


@pytest.mark.parametrize("home", ["block", "lut"])
def test_starts_are_kept_where_they_were_told_to(home: Home) -> None:
    starts = ThresholdMemory(
        shape=signed(6), words=np.arange(1, 9).reshape(4, 1, 2), classes=2, home=home
    )
    text = emit(starts)
    assert f'ram_style = "{STYLES[home]}"' in text


def test_words_are_in_order_of_border_class_pass_turn_pixel_row() -> None:
    """Five rows of two thresholds in passes of two: turns and passes count up to four."""
    sizes = MvuSizes(
        outputs=5, inputs=99, pe=2, simd=9, pixels=2, held=3, copies=2, thresholds=2
    )
    limits = np.arange(2 * 3 * 2 * 10).reshape(2, 3, 2, 10) % 98 + 1
    words = start_words(sizes, limits, np.array([1, 2, 3, 4, 5, 0]))
    expected = np.zeros((2, 4, 4, 2, 4), int)
    for border, turn, pixel, channel in np.ndindex(limits.shape):
        excess = channel // 2 + 1
        at = border, channel // 4, turn, pixel, channel % 4
        expected[at] = -limits[border, turn, pixel, channel] - excess
    assert (words == expected.reshape(32, 2, 4)).all()


@pytest.mark.parametrize(("element", "low", "end"), [(1, 0, 13), (4, -96, 96)])
def test_thresholds_beyond_every_count_start_as_the_nearest_do(
    element: int, low: int, end: int
) -> None:
    sizes = MvuSizes(outputs=3, inputs=12, pe=3, simd=4, element=element)
    words = start_words(sizes, np.array([[[[-999, 5, 999]]]]), np.zeros(3, int))
    assert words.tolist() == [[[-low, -5, -end]]]


@pytest.mark.parametrize(("words", "home"), [(64, "lut"), (65, "block")])
def test_few_words_live_in_luts(words: int, home: Home) -> None:
    sizes = MvuSizes(outputs=2, inputs=12, pe=1, simd=4)
    assert thresholds.home(sizes, words) == home
