"""The picture and the table of a front: every design, every limit, the same picture every time."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from boards.resources import Resources
from hw.emit.plot import draw
from hw.emit.table import front_table
from hw.plan.front import Front, Point


def point(interval: int, lut: int, ebr: int, layer: str, part: str = "product") -> Point:
    return Point(
        interval=interval, frames_per_second=1e8 / interval, latency_cycles=3 * interval,
        latency=3 * interval / 1e8, estimate=Resources(lut=lut, ff=lut - 300, ebr=ebr),
        layer=layer, part=part,
    )


FRONT = Front(
    network="", board="ulx3s", device="LFE5U-12F", clock=1e8,
    available=Resources(lut=24288, ff=24288, ebr=56),
    points=(
        point(2_000_000, 2_100, 12, "conv2"), point(30_000, 4_000, 20, "dense"),
        point(784, 9_500, 31, "conv1", "write"),
    ),
)


def drawn(path: Path) -> list[str]:
    """The words of the picture."""
    draw(FRONT, "digits on ulx3s", path)
    return [element.text or "" for element in ET.parse(path).iter() if element.tag.endswith("text")]


def test_picture_has_axes_with_units_and_the_limits_of_the_device(tmp_path: Path) -> None:
    words = drawn(tmp_path / "front.svg")
    for label in ("frames/s", "LUT4, flip-flops", "EBR (18 kbit)", "digits on ulx3s"):
        assert label in words
    assert "24,288 of each on LFE5U-12F" in words
    assert "56 on LFE5U-12F" in words


def test_a_block_is_as_large_as_the_family_has_it(tmp_path: Path) -> None:
    small = replace(FRONT, board="icebreaker", device="iCE40UP5K-SG48")
    draw(small, "digits", tmp_path / "front.svg")
    assert "EBR (4 kbit)" in (tmp_path / "front.svg").read_text()


def test_rates_are_written_out(tmp_path: Path) -> None:
    fast = replace(FRONT, points=(*FRONT.points, point(10, 20_000, 40, "conv1")))
    draw(fast, "digits", tmp_path / "front.svg")
    assert "1,000,000" in (tmp_path / "front.svg").read_text()
    assert "1e+06" not in (tmp_path / "front.svg").read_text()


def test_picture_names_what_bounds_each_design_and_what_the_fastest_takes(tmp_path: Path) -> None:
    words = drawn(tmp_path / "front.svg")
    for label in ("conv2", "dense", "conv1 write", "9,500", "9,200", "31"):
        assert label in words


def test_limits_are_dashed_lines(tmp_path: Path) -> None:
    draw(FRONT, "digits on ulx3s", tmp_path / "front.svg")
    assert (tmp_path / "front.svg").read_text().count("stroke-dasharray") == 2


def test_names_that_would_lie_upon_each_other_are_left_out(tmp_path: Path) -> None:
    near = [point(784 + k, 9_500 - k, 31, f"near{k}") for k in range(5)]
    many = replace(FRONT, points=(*FRONT.points[:2], *near[::-1]))
    draw(many, "digits", tmp_path / "front.svg")
    text = (tmp_path / "front.svg").read_text()
    assert sum(f">near{k}<" in text for k in range(5)) == 1
    assert ">conv2<" in text and ">dense<" in text


def test_picture_is_the_same_every_time(tmp_path: Path) -> None:
    drawn(tmp_path / "one.svg")
    drawn(tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_picture_can_be_of_pixels(tmp_path: Path) -> None:
    draw(FRONT, "digits on ulx3s", tmp_path / "front.png")
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("words", [
    ["2,000,000", "50.0", "60,000.0", "us", "2,100", "1,800", "12", "conv2", "product"],
    ["784", "127,551", "23.5", "us", "9,500", "9,200", "31", "conv1", "write"],
    ["there", "are", "24,288", "24,288", "56"],
])
def test_table_has_a_row_for_every_design_and_one_for_the_device(words: list[str]) -> None:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(front_table(FRONT))
    assert words in [line.split() for line in captured.get().splitlines()]
