"""Several output pixels at once: their limits, memories and costs, and what the search does."""

import operator
from dataclasses import replace

import numpy as np
import pytest
from plan_networks import cnv, conv, digits, first, hidden, tiny

from boards.known.ulx3s import BOARD
from hw.plan import cost, memory
from hw.plan.choices import choices
from hw.plan.graph import layers
from hw.plan.layers.product import sliding
from hw.plan.memory import border_classes, limits, pixel_choices
from hw.plan.plan import Folding
from hw.plan.search import plan


def block(pe: int, simd: int, pixels: int) -> Folding:
    return Folding(pe=pe, simd=simd, weights="block", pixels=pixels)


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize(("kernel", "padding", "stride", "pad"), [
    (3, 1, 1, "zero"), (5, 2, 1, "zero"), (4, 2, 1, "zero"), (3, 1, 2, "zero"), (3, 1, 1, "-1"),
    (3, 0, 1, "zero"),
])
def test_every_pixel_has_the_limits_of_its_own_border_class(kernel, padding, stride, pad, pixels):
    width = stride * 11 + kernel - 2 * padding
    product = conv((3, 7, width), 5, kernel, padding=padding, pad=pad, stride=stride)
    layer, geometry = hidden(product), product.geometry
    assert geometry.out_width == 12
    rows, steps = border_classes(product, pixels)
    together = limits(product, layer.threshold, pixels)
    single = limits(product, layer.threshold)[:, 0]
    border = geometry.border if len(single) > 1 else np.zeros_like(geometry.border)
    for y, x in np.ndindex(border.shape):
        position = rows[y] * (max(steps) + 1) + steps[x // pixels]
        assert (together[position, x % pixels] == single[border[y, x]]).all()


@pytest.mark.parametrize(("pixels", "classes"), [(1, 9), (2, 9), (7, 9), (14, 6), (28, 3)])
def test_border_classes_of_a_row_are_few_however_many_pixels(pixels, classes):
    product = conv((4, 28, 28), 2, 3, padding=1)
    found = limits(product, hidden(product).threshold, pixels)
    assert len(found) == memory.classes(product, pixels) == classes


@pytest.mark.parametrize(("simd", "pixels", "copies"), [
    pytest.param(64, 1, 1, id="one"),
    pytest.param(32, 4, 4, id="one for each pixel"),
    pytest.param(192, 1, 3, id="one for each tap"),
    pytest.param(192, 4, 6, id="neighbours share the taps of a row"),
    pytest.param(576, 2, 12, id="and of every row"),
])
def test_copies_of_a_window(simd, pixels, copies):
    geometry = sliding(conv((64, 30, 30), 64, 3).geometry, pixels)
    assert geometry.memories(max(simd // 64, 1)) == copies


def test_pixels_far_apart_share_no_copy():
    geometry = conv((8, 16, 16), 8, 2, stride=2).geometry
    assert sliding(geometry, 4).memories(16 // 8) == 8


def test_pixels_divide_a_row():
    assert pixel_choices(conv((1, 28, 28), 8, 3, padding=1).geometry) == [1, 2, 4, 7, 14, 28]
    assert pixel_choices(conv((8, 7, 7), 8, 0).geometry) == [1]


def test_there_are_never_more_pixels_than_cycles_to_pass_them_on():
    for layer in (*layers(digits())[:-1], *layers(cnv())[2:4]):
        found = list(layer.foldings())
        assert {each.pixels for each in found} == set(pixel_choices(layer.product.geometry))
        for folding in found:
            parts = layer.cycles(folding)
            assert parts["product"] >= parts.get("serialiser", 0)


def test_a_head_takes_a_pixel_at_a_time():
    assert {each.pixels for each in layers(digits())[-1].foldings()} == {1}


@pytest.mark.parametrize(("padding", "pixels", "ebr"), [
    # Of the stages of 64 channels, 28 x 28 positions, as yosys 0.70 maps them.
    (0, 1, 17), (0, 2, 19), (0, 4, 23), (1, 1, 19), (1, 2, 22), (1, 4, 27),
])
def test_pixels_share_the_weights_memory(padding, pixels, ebr):
    side = 30 - 2 * padding
    layer = hidden(conv((64, side, side), 64, 3, padding=padding))
    folding = block(8, 64, pixels)
    assert layer.cycles(folding)["product"] == 784 // pixels * 8 * 9
    assert cost.stage(layer, folding).ebr == ebr




@pytest.mark.parametrize(("reuse", "weights"), [(1, 29), (2, 15), (4, 8)])
def test_words_that_are_used_again_take_fewer_ports(reuse, weights):
    layer = hidden(conv((128, 10, 10), 64, 3))
    folding = replace(block(8, 128, 2), reuse=reuse)
    buffer = 2 * 4
    assert cost.stage(layer, folding).ebr == weights + buffer
    once = block(8, 128, 2)
    assert layer.interval(folding) == layer.interval(once)
    assert layer.step(folding) == reuse * layer.step(once)
    assert cost.stage(layer, folding).ff > cost.stage(layer, once).ff or reuse == 1


def test_a_plan_of_cnv_holds_words_where_ports_are_few():
    found = plan(cnv(), BOARD, "45F", fill=0.73, clock=102.5e6)
    assert max(stage.folding.reuse for stage in found.stages) > 1
    assert any(layer.product.outputs % stage.folding.pe
               for layer, stage in zip(layers(cnv())[:-1], found.stages, strict=False))


def test_a_plan_of_cnv_takes_pixels_at_once_where_maps_are_large():
    found = plan(cnv(), BOARD, "85F", fill=0.6, clock=100e6)
    assert max(stage.folding.pixels for stage in found.stages) > 1
    assert [stage.folding.pixels for stage in found.stages[5:]] == [1] * 4
    assert found.frames_per_second > 9000


def test_no_choice_is_beaten_by_one_with_other_pixels():
    layer = first(tiny())
    kept = choices(layer)
    for folding in layer.foldings():
        spent = cost.stage(layer, folding)
        taken = (layer.interval(folding), *spent.figures)
        assert any(
            all(map(operator.le, (each.cycles, *each.estimate.figures), taken)) for each in kept
        )
