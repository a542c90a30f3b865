"""Starts of sums: read by turn and border, kept where the plan says, and once where they can."""

import random
import re
from itertools import product

import pytest
from amaranth import signed
from amaranth.back import rtlil

from hw.cores.fabric.rom import STYLES, Home
from hw.cores.mvu.thresholds import ThresholdMemory
from hw.emit.verilog import emit
from sim.beats import joined
from sim.cycles import cycles


@pytest.mark.parametrize("home", ["block", "lut"])
def test_starts_are_kept_where_they_were_told_to(home: Home) -> None:
    starts = ThresholdMemory(
        shape=signed(6), values=[[1, 2, 3, 4], [5, 6, 7, 8]], pe=2, passes=2, home=home
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
    channels = pe * passes
    values = [[rng.randint(-32, 31) for _ in range(pixels * channels)] for _ in range(classes)]
    asked = list(product(range(classes), range(passes)))
    asked += rng.choices(asked, k=30)
    dut = ThresholdMemory(shape=signed(6), values=values, pe=pe, passes=passes, home=home)
    given = [{"border": border, "turn": turn} for border, turn in asked]
    found = cycles(dut, [*given, {}, {}], ["o"])[2:]
    assert found == [
        (joined((values[border][q * channels + turn * pe + p]
                 for q in range(pixels) for p in range(pe)), 6),)
        for border, turn in asked
    ]  # fmt: skip


def test_pixels_that_start_alike_are_read_as_others_are() -> None:
    values = [[1, 2, 1, 2, 3, 4], [5, 6, 5, 6, 7, 8]]
    dut = ThresholdMemory(shape=signed(6), values=values, pe=2, passes=1, home="lut")
    found = cycles(dut, [{"border": 0}, {"border": 1}, {}, {}], ["o"])[2:]
    assert found == [(joined(row, 6),) for row in values]


def test_pixels_that_start_alike_share_what_holds_it() -> None:
    alike, other = ([[1, 2, 3, 4, *last], [5, 6, 7, 8, *more]]
                    for last, more in (((1, 2, 3, 4), (5, 6, 7, 8)), ((1, 2, 3, 4), (0, 0, 0, 0))))

    def width(values: list[list[int]]) -> int:
        starts = ThresholdMemory(shape=signed(6), values=values, pe=2, passes=2, home="block")
        (found,) = re.findall(r"memory width (\d+) ", rtlil.convert(starts))
        return int(found)

    assert (width(alike), width(other)) == (12, 24)
