"""The table of weights as functions of a step: what it counts, and what it refuses to place."""

import re

import numpy as np
import pytest

from benchmarks import steps
from benchmarks.steps import Point, asked, counted, counts
from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.product import Product
from model.refusal import Refusal


def product() -> Product:
    weights = np.random.default_rng(1).choice([-1, 1], (12, 3, 3, 4)).astype(np.int8)
    geometry = Geometry(channels=4, height=6, width=6, kernel=(3, 3))
    return Product(name="conv", sources=(IMAGE,), geometry=geometry, weights=weights, inputs=BITS)


def test_more_steps_take_fewer_cells_in_all_and_more_a_lane() -> None:
    points = [Point(product=product(), steps=each, outputs=12) for each in (1, 2, 4, 12)]
    found = [counted(point).lut for point in points]
    assert [point.lanes for point in points] == [432, 216, 108, 36]
    assert found == sorted(found, reverse=True)
    each = [lut / point.lanes for lut, point in zip(found, points, strict=True)]
    assert each == sorted(each)


def test_a_layer_has_a_line_with_the_steps_that_there_are() -> None:
    *_, line = counts([product()]).splitlines()
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[0] == "12 on 36, conv" and len(cells) == 1 + len(steps.COUNTED)
    there = {each for each, cell in zip(steps.COUNTED, cells[1:], strict=True) if cell}
    assert there == {1, 2, 3, 4, 6}  # not 7 nor 8: twelve outputs have no such passes
    assert all(re.fullmatch(r"\d\.\d\d \(\d\.\d\d\)", cell) for cell in cells[1:] if cell)


def test_units_are_asked_for_by_layer_steps_and_outputs() -> None:
    one, other = asked([product()], "conv:4,conv:2:6")
    assert (one.steps, one.outputs, other.steps, other.outputs) == (4, 12, 2, 6)
    assert one.unit().sizes == one.sizes and one.sizes.home == "steps"


@pytest.mark.parametrize(("text", "said"), [
    ("conv", "--place conv: LAYER:STEPS or LAYER:STEPS:OUTPUTS, of the layers conv"),
    ("other:2", "--place other:2: LAYER:STEPS"), ("conv:0", "--place conv:0: LAYER:STEPS"),
    ("conv:x", "--place conv:x: LAYER:STEPS"),
    ("conv:7", "--place conv:7: 12 outputs have no 7 passes"),
])
def test_what_cannot_be_placed_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refusal, match=re.escape(said)):
        asked([product()], text)
