"""Geometry: sizes, and border classes as the distinct sets of taps inside the map."""

import numpy as np
import pytest

from hw.network.geometry import Geometry


@pytest.mark.parametrize(("kernel", "stride", "padding", "classes"), [
    ((3, 3), (1, 1), (1, 1), 9),
    ((3, 3), (1, 1), (0, 0), 1),
    ((5, 5), (1, 1), (2, 2), 25),
    ((1, 3), (1, 1), (0, 1), 3),
    ((3, 3), (2, 2), (1, 1), 4),
    ((2, 2), (2, 2), (1, 1), 9),
])
def test_border_classes(kernel, stride, padding, classes):
    geometry = Geometry(channels=1, height=8, width=8, kernel=kernel, stride=stride,
                        padding=padding, pad="zero" if any(padding) else "none")
    assert len(geometry.inside) == classes


@pytest.mark.parametrize("height", [2, 3, 8])
@pytest.mark.parametrize("padding", [(1, 0), (1, 2), (2, 2)])
def test_class_of_a_position_says_which_taps_are_inside(height, padding):
    geometry = Geometry(channels=1, height=height, width=5, kernel=(3, 4), stride=(1, 2),
                        padding=padding, pad="zero")
    for y in range(geometry.out_height):
        for x in range(geometry.out_width):
            rows = y - padding[0] + np.arange(3)
            columns = 2 * x - padding[1] + np.arange(4)
            inside = np.outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < 5))
            assert (geometry.inside[geometry.border[y, x]] == inside).all()


def test_sizes():
    geometry = Geometry(channels=6, height=28, width=20, kernel=(3, 5), stride=(2, 1),
                        padding=(1, 2), pad="-1")
    assert (geometry.out_height, geometry.out_width, geometry.positions) == (14, 20, 280)
    assert (geometry.taps, geometry.size) == (15, 90)
