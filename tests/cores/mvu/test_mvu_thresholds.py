"""Starts of sums: read by index and border, kept where the plan says, and once where they can."""

import random
import re
from itertools import product

import numpy as np
import pytest
from amaranth import signed
from amaranth.back import rtlil

from hw.cores.fabric.rom import STYLES, Home
from hw.cores.mvu import thresholds
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.thresholds import ThresholdMemory, start_words
from hw.emit.verilog import emit
from sim.beats import joined
from sim.cycles import cycles


@pytest.mark.parametrize("home", ["block", "lut"])
def test_starts_are_kept_where_they_were_told_to(home: Home) -> None:
    starts = ThresholdMemory(
        shape=signed(6), words=np.arange(1, 9).reshape(4, 1, 2), classes=2, home=home
    )
    text = emit(starts)
    assert f'ram_style = "{STYLES[home]}"' in text


@pytest.mark.parametrize("home", ["block", "lut"])
@pytest.mark.parametrize(("classes", "pe", "passes", "pixels"), [
    (1, 1, 1, 1), (1, 3, 1, 1), (1, 2, 4, 1), (3, 2, 1, 1), (2, 1, 2, 2), (3, 2, 3, 1),
    (5, 2, 5, 3),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_start_is_read_two_cycles_later(
    classes: int, pe: int, passes: int, pixels: int, home: Home, seed: int
) -> None:
    rng = random.Random(seed)
    indices = 1 << (passes - 1).bit_length()
    words = np.array([rng.randint(-32, 31) for _ in range(classes * indices * pixels * pe)])
    words = words.reshape(classes * indices, pixels, pe)
    asked = list(product(range(classes), range(passes)))
    asked += rng.choices(asked, k=30)
    dut = ThresholdMemory(shape=signed(6), words=words, classes=classes, home=home)
    given = [{"border": border, "index": index} for border, index in asked]
    found = cycles(dut, [*given, {}, {}], ["o"])[2:]
    assert found == [
        (joined(words[border * indices + index].flat, 6),) for border, index in asked
    ]


def test_pixels_that_start_alike_are_read_as_others_are() -> None:
    values = [[1, 2, 1, 2, 3, 4], [5, 6, 5, 6, 7, 8]]
    words = np.array(values).reshape(2, 3, 2)
    dut = ThresholdMemory(shape=signed(6), words=words, classes=2, home="lut")
    found = cycles(dut, [{"border": 0}, {"border": 1}, {}, {}], ["o"])[2:]
    assert found == [(joined(row, 6),) for row in values]


def test_pixels_that_start_alike_share_what_holds_it() -> None:
    first = np.arange(1, 9).reshape(4, 1, 2)
    alike, other = (np.concatenate([first, second], axis=1) for second in (first, first[::-1]))

    def width(words: np.ndarray) -> int:
        starts = ThresholdMemory(shape=signed(6), words=words, classes=2, home="block")
        (found,) = re.findall(r"memory width (\d+) ", rtlil.convert(starts))
        return int(found)

    assert (width(alike), width(other)) == (12, 24)


def test_words_are_in_order_of_border_class_pass_turn_pixel_row() -> None:
    """Five rows of two thresholds in passes of two: uses and passes count up to four."""
    sizes = MvuSizes(
        outputs=5, inputs=99, pe=2, simd=9, pixels=2, reuse=3, copies=2, thresholds=2
    )
    limits = np.arange(2 * 3 * 2 * 10).reshape(2, 3, 2, 10) % 98 + 1
    words = start_words(sizes, limits, np.array([1, 2, 3, 4, 5, 0]))
    expected = np.zeros((2, 4, 4, 2, 4), int)
    for border, use, pixel, channel in np.ndindex(limits.shape):
        excess = channel // 2 + 1
        at = border, channel // 4, use, pixel, channel % 4
        expected[at] = -limits[border, use, pixel, channel] - excess
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
