"""Rows and pixels of window buffers, against what each output row needs."""

import itertools

import pytest
from plan_networks import conv

from hw.network.geometry import Geometry
from hw.plan import buffers


@pytest.mark.parametrize(("shape", "kernel", "padding", "rows"), [
    pytest.param((1, 28, 28), 3, 1, 4, id="padded: two rows held, two needed"),
    pytest.param((1, 28, 28), 3, 0, 6, id="unpadded: three rows held, three needed"),
    pytest.param((1, 28, 28), 1, 0, 2, id="one row read, one written"),
    pytest.param((32, 7, 7), 0, 0, 14, id="a dense layer reads a map while one is written"),
])
def test_rows(shape, kernel, padding, rows):
    assert buffers.rows(conv(shape, 1, kernel, padding=padding).geometry) == rows


def test_depth_is_the_next_power_of_two():
    assert buffers.depth(conv((1, 28, 28), 1, 3, padding=1).geometry) == 128
    assert buffers.depth(conv((1, 32, 32), 1, 3, padding=1).geometry) == 128
    assert buffers.depth(conv((8, 1, 1), 1, 1).geometry) == 2


def test_any_output_row_and_the_next_fit_together():
    for height, kernel, stride, padding in itertools.product(
        range(1, 9), range(1, 6), range(1, 4), range(3)
    ):
        if padding >= kernel or height + 2 * padding < kernel:
            continue
        geometry = Geometry(
            channels=1, height=height, width=1, kernel=(kernel, 1), stride=(stride, 1),
            padding=(padding, 0), pad="zero" if padding else "none",
        )
        starts = [row * stride - padding for row in range(geometry.out_height)]
        first = [max(start, 0) for start in starts]
        needed = [min(start + kernel, height) for start in starts]
        following = [*needed[1:], height + needed[0]]
        held = [after - before for before, after in zip(first, following, strict=True)]
        assert buffers.rows(geometry) >= max(held), geometry
