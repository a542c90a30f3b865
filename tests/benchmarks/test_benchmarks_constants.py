"""The table of constant weights: what is in it, what is left out, and the figure to reach."""

import re

import pytest

from benchmarks import constants
from benchmarks.constants import Placed, alone, document, forms, units
from benchmarks.synapses import FIRST, LARGE, SMALL, Matrix, Peer, Point
from boards.resources import Resources


def placed(points: list[Point]) -> dict[Point, Placed]:
    cells = Resources(lut=2016, ff=7)
    return {point: Placed(point=point, cells=cells, clock=123.4e6) for point in points}


def test_the_table_has_a_line_for_every_unit():
    text = document(placed([*units(FIRST), *forms()]), FIRST, None, "command")
    assert "| 32 on 63, random | 1 | shared, register every 2 adders | 2,016 | 7 | 1.00 |" in text
    assert text.count("| 123.4 |") == len(units(FIRST)) + len(forms())
    assert "Left out: no environment" in text


def test_the_peer_stands_beside_us_with_what_it_said(tmp_path):
    made = {"seconds": 2.5, "cost": 1234.0, "version": "9.8"}
    peer = Peer(python=tmp_path, made={FIRST.text: made, LARGE.text: made})
    points = [*units(FIRST), *forms(), *alone(FIRST)]
    text = document(placed(points), FIRST, peer, "command")
    assert f"| {FIRST.text} | da4ml 9.8 | 2.5 | 1,234 | 2,016 | 7 | 123.4 |" in text
    assert f"| {LARGE.text} | da4ml 9.8 | 2.5 | 1,234 | 2,016 | 7 | 123.4 (estimate) |" in text


def test_a_word_holds_its_rows():
    matrix = Matrix(outputs=3, inputs=4, rows=(0b0001, 0b1000, 0b0110))
    assert matrix.word == 0b0110_1000_0001
    assert SMALL.weights == Matrix(outputs=32, inputs=63).weights


@pytest.mark.parametrize("size", ["64 on 576"])
def test_a_synapse_takes_at_most_one_lut4(size):
    """With thresholds and control, placed."""
    line = re.search(rf"\| {size}.*shared.*\| ([0-9.]+) \| [0-9.]+ \|\n",
                     constants.TABLE.read_text())
    assert line is not None and float(line[1]) <= 1.0
