"""Rows and pixels of window buffers, against what each output row needs."""

import itertools

import numpy as np
import pytest

from hw.cores.window import depth
from hw.network.geometry import Geometry
from hw.plan.layers.product import sliding
from hw.plan.memory import pixel_choices


def conv(shape: tuple[int, int, int], kernel: int, padding: int = 0) -> Geometry:
    """A square kernel on a (C, H, W) map; 0 covers the whole map."""
    channels, height, width = shape
    return Geometry(
        channels=channels, height=height, width=width,
        kernel=(kernel, kernel) if kernel else (height, width), padding=(padding, padding),
    )  # fmt: skip


@pytest.mark.parametrize(("shape", "kernel", "padding", "rows"), [
    pytest.param((1, 28, 28), 3, 1, 4, id="padded: two rows reuse, two needed"),
    pytest.param((1, 28, 28), 3, 0, 6, id="unpadded: three rows reuse, three needed"),
    pytest.param((1, 28, 28), 1, 0, 2, id="one row read, one written"),
    pytest.param((32, 7, 7), 0, 0, 14, id="a dense layer reads a map while one is written"),
])
def test_rows(shape, kernel, padding, rows):
    assert depth.rows(sliding(conv(shape, kernel, padding=padding))) == rows


def test_depth_is_the_next_power_of_two():
    assert depth.depth(sliding(conv((1, 28, 28), 3, padding=1)), 9) == 128
    assert depth.depth(sliding(conv((1, 32, 32), 3, padding=1)), 9) == 128
    assert depth.depth(sliding(conv((8, 1, 1), 1)), 5) == 2


def test_a_reader_as_fast_as_the_writer_needs_more():
    assert depth.depth(sliding(conv((8, 1, 1), 1)), 1) == 4


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
        assert depth.rows(sliding(geometry)) >= max(held), geometry


def drawn(count: int) -> list[tuple[Geometry, int]]:
    """Geometries of every kind, each with output pixels at once that divide a row."""
    rng, found = np.random.default_rng(count), list[tuple[Geometry, int]]()
    while len(found) < count:
        size, kernel, stride = rng.integers(1, 13, 2), rng.integers(1, 6, 2), rng.integers(1, 5, 2)
        padding = rng.integers(0, kernel)
        if (size + 2 * padding < kernel).any():
            continue
        geometry = Geometry(
            channels=1, height=int(size[0]), width=int(size[1]), kernel=tuple(kernel.tolist()),
            stride=tuple(stride.tolist()), padding=tuple(padding.tolist()),
            pad="zero" if padding.any() else "none",
        )
        found.append((geometry, int(rng.choice(pixel_choices(geometry)))))
    return found


def steps(geometry: Geometry, pixels: int) -> list[int]:
    """Cycles of a step where the writer is the slower one, where both are as fast, and beyond."""
    even = geometry.height * geometry.width * pixels // geometry.positions
    return sorted({1, max(even - 1, 1), max(even, 1), even + 1, 2 * even + 3})


def played(geometry: Geometry, step: int, pixels: int, room: int, frames: int = 8) -> bool:
    """Whether a window with so much room keeps its rate: cycle by cycle what it would do, a pixel
    offered in each."""
    width, frame = geometry.width, geometry.height * geometry.width
    ky, kx = geometry.kernel
    tops = [y * geometry.stride[0] - geometry.padding[0] for y in range(geometry.out_height)]
    lefts = [x * geometry.stride[1] - geometry.padding[1] for x in range(geometry.out_width)]
    needs = [
        [(min(top + ky, geometry.height) - 1) * width + min(left + kx, width)
         for left in lefts[pixels - 1 :: pixels]]
        for top in tops
    ]
    frees = [min(max(top, 0), geometry.height) * width for top in tops[1:]] + [frame]
    came, next_pixel, free, done, ends = list[int](), 0, room, 0, []
    for number in range(frames):
        for row, free_then in zip(needs, frees, strict=True):
            while len(came) < free:
                came.append(next_pixel)
                next_pixel += 1
            for need in row:
                if number * frame + need > len(came):
                    return False
                done = max(done, came[number * frame + need - 1] + 2) + step
            free = room + number * frame + free_then
            next_pixel = max(next_pixel, done + 1) if len(came) < free else next_pixel
        ends.append(done)
    positions = geometry.positions // pixels
    return ends[-1] - ends[-4] == 3 * max(frame, positions * step)


@pytest.mark.parametrize("seed", range(4))
def test_a_pixel_less_than_the_bound_is_too_little_for_the_rate(seed):
    for geometry, pixels in drawn(100)[seed::4]:
        for step in steps(geometry, pixels):
            found = depth.bound(sliding(geometry, pixels), step)
            assert played(geometry, step, pixels, found), (geometry, step, pixels)
            assert not played(geometry, step, pixels, found - 1), (geometry, step, pixels)


def test_what_is_built_is_no_less_than_the_bound():
    for geometry, pixels in drawn(200):
        for step in steps(geometry, pixels):
            built = depth.depth(sliding(geometry, pixels), step)
            assert built >= depth.bound(sliding(geometry, pixels), step), geometry


@pytest.mark.parametrize(("shape", "kernel", "padding", "step", "pixels", "bound"), [
    pytest.param((1, 30, 30), 3, 0, 2, 1, 154, id="three rows, and two and three pixels to start"),
    pytest.param((1, 30, 30), 3, 0, 1, 1, 93, id="a slower writer: three rows and three pixels"),
    pytest.param((1, 28, 28), 3, 1, 2, 1, 87, id="padded: three rows and two pixels"),
    pytest.param((1, 28, 28), 3, 1, 9, 4, 89, id="of four pixels the last needs three more"),
    pytest.param((8, 5, 5), 0, 0, 40, 1, 50, id="a dense layer: two maps"),
])
def test_bound_of(shape, kernel, padding, step, pixels, bound):
    geometry = conv(shape, kernel, padding=padding)
    assert depth.bound(sliding(geometry, pixels), step) == bound
