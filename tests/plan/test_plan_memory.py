"""Memory images: hardware's folded execution on them, emulated beat by beat, is the reference."""

import numpy as np
import pytest
from plan_networks import conv, hidden

from hw.cores.mvu import weights
from hw.cores.mvu.sizes import MvuSizes
from hw.network.fold import fold
from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from hw.plan import memory
from hw.plan.graph import layers
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.memory import (
    border_classes,
    check_folding,
    count_range,
    element_bits,
    head_affine,
    limits,
    limits_by_use,
    pad_element,
    pe_choices,
    reuse_choices,
    simd_choices,
)
from sim.random_networks import random_checkpoint, random_images


def weight_words(product, *, pe, simd):
    """The weight memory of a folding."""
    check_folding(product, pe=pe, simd=simd)
    sizes = MvuSizes(outputs=product.outputs, inputs=product.geometry.size, pe=pe, simd=simd)
    return weights.weight_words(sizes, product.weights.reshape(product.outputs, -1))


def framed(values, product):
    """The map (N, C, H, W) with its padded frame as memory-read constants."""
    down, right = product.geometry.padding
    frame = ((0, 0), (0, 0), (down, down), (right, right))
    return np.pad(values.astype(np.int64), frame, constant_values=pad_element(product))


def counts(values, product, pe, simd):
    """Counts (N, MH, OH, OW): at each position NF passes of SF beats of SIMD inputs to PE rows."""
    geometry, words = product.geometry, weight_words(product, pe=pe, simd=simd)
    beats = geometry.size // simd
    passes = -(-product.outputs // pe)
    assert len(words) == beats * passes
    source = framed(values, product)
    windows = np.lib.stride_tricks.sliding_window_view(source, geometry.kernel, axis=(2, 3))
    windows = windows[:, :, ::geometry.stride[0], ::geometry.stride[1]]
    stream = windows.transpose(0, 2, 3, 4, 5, 1).reshape(*windows.shape[:1], geometry.positions, -1)
    found = np.zeros((len(values), geometry.positions, passes * pe), np.int64)
    for address, word in enumerate(words):
        channel, beat = address // beats * pe, address % beats * simd
        for row in range(pe):
            plus = np.array([word >> (row * simd + lane) & 1 for lane in range(simd)], bool)
            inputs = stream[..., beat:beat + simd]
            matched = np.where(plus, inputs, 1 - inputs if product.binary else ~inputs)
            found[..., channel + row] += matched.sum(axis=-1)
    found = found[..., : product.outputs]
    shape = len(values), geometry.out_height, geometry.out_width, product.outputs
    return found.reshape(shape).transpose(0, 3, 1, 2)


def first_inputs(network, images):
    values = np.stack([network.table[c][images[:, c]] for c in range(images.shape[1])], axis=1)
    return (values > 0).astype(int) if network.products[0].binary else values


def foldings(product, rng):
    """The two extremes and one between."""
    simds, pes = simd_choices(product.geometry), pe_choices(product)
    return [(1, 1), (pes[-1], simds[-1]), (int(rng.choice(pes)), int(rng.choice(simds)))]


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_folded_execution_equals_reference(seed, pairs):
    rng = np.random.default_rng(seed)
    checkpoint = random_checkpoint(seed, pairs=pairs)
    network, images = fold(checkpoint), random_images(checkpoint, 2, seed)
    traced, values = Reference(network).trace(images), first_inputs(network, images)
    *hidden_layers, head = layers(network)
    for layer in hidden_layers:
        rows, columns = border_classes(layer.product)
        classes = np.add.outer(np.array(rows) * (max(columns) + 1), columns)
        limit = limits(layer.product, layer.threshold)[classes, 0].transpose(2, 0, 1)
        for pe, simd in foldings(layer.product, rng):
            found = counts(values, layer.product, pe, simd)
            assert found.min() in count_range(layer.product)
            assert found.max() in count_range(layer.product)
            found, sums = (each.repeat(layer.copies, axis=1) for each in (
                found, traced[layer.product.name]))
            thresholds = layer.threshold.thresholds[:, None, None]
            assert ((found >= limit) == (sums >= thresholds)).all()
        values = traced[layer.output]
    multipliers, offsets = head_affine(head.product, head.scores)
    for pe, simd in foldings(head.product, rng):
        found = counts(values, head.product, pe, simd).sum((2, 3))
        assert (found * multipliers + offsets == Reference(network).run(images).scores).all()


def layer_of(pad, threshold, inputs=BITS):
    geometry = Geometry(channels=3, height=4, width=4, kernel=(3, 3), padding=(1, 1), pad=pad)
    weights = np.where(np.arange(54) % 5 < 2, -1, 1).astype(np.int8).reshape(2, 3, 3, 3)
    product = Product(name="conv", sources=(IMAGE,), geometry=geometry, weights=weights,
                      inputs=inputs)
    thresholds = np.array([threshold(product.bound)] * 2, np.int32)
    return HiddenLayer(product=product, threshold=Threshold(
        name="threshold", sources=("conv",), thresholds=thresholds))


@pytest.mark.parametrize("inputs", [BITS, range(-3, 8)])
@pytest.mark.parametrize("pad", ["zero", "-1", "+1"])
def test_always_and_never_stay_so_in_every_border_class(pad, inputs):
    always = layer_of(pad, lambda bound: -bound, inputs)
    never = layer_of(pad, lambda bound: bound + 1, inputs)
    values = np.random.default_rng(0).choice([0, 1] if inputs == BITS else [*inputs], (50, 3, 4, 4))
    found = counts(values, always.product, 2, 3)
    rows, columns = border_classes(always.product)
    classes = np.add.outer(np.array(rows) * (max(columns) + 1), columns)
    assert (found >= limits(always.product, always.threshold)[classes, 0].transpose(2, 0, 1)).all()
    unreached = limits(never.product, never.threshold)
    assert not (found >= unreached[classes, 0].transpose(2, 0, 1)).any()
    for layer in (always, never):
        assert (limits(layer.product, layer.threshold) >= count_range(layer.product).start).all()
        assert (limits(layer.product, layer.threshold) <= count_range(layer.product).stop).all()


@pytest.mark.parametrize(("pad", "inputs", "classes"), [
    ("zero", BITS, 9), ("-1", BITS, 1), ("+1", BITS, 1), ("zero", range(-3, 8), 1)])
def test_only_taps_that_do_not_count_need_border_classes(pad, inputs, classes):
    layer = layer_of(pad, lambda bound: 0, inputs)
    assert limits(layer.product, layer.threshold).shape == (classes, 1, 2)
    assert memory.classes(layer.product) == classes
    rows, columns = border_classes(layer.product)
    assert (max(rows) + 1) * (max(columns) + 1) == classes


@pytest.mark.parametrize(("inputs", "bits"), [
    (BITS, 1), (range(0, 1), 2), (range(-1, 1), 2), (range(0, 2), 2), (range(-1, 2), 2),
    (range(0, 256), 9), (range(-128, 128), 8), (range(-129, 1), 9), (range(-32768, 32768), 16)])
def test_element_bits_hold_every_input(inputs, bits):
    layer = layer_of("zero", lambda bound: 0, inputs)
    assert element_bits(layer.product.inputs) == bits


def test_weight_words_are_in_order_of_pass_beat_row_lane():
    layer = layer_of("zero", lambda bound: 0)
    plus = layer.product.weights.reshape(2, 27) > 0
    assert weight_words(layer.product, pe=1, simd=27) == [
        sum(int(bit) << lane for lane, bit in enumerate(row)) for row in plus]
    words = weight_words(layer.product, pe=2, simd=9)
    assert [word & 511 for word in words] == [
        sum(int(bit) << lane for lane, bit in enumerate(plus[0, start:start + 9]))
        for start in (0, 9, 18)]
    assert len(weight_words(layer.product, pe=1, simd=1)) == 54


@pytest.mark.parametrize(("folding", "told"), [
    ({"pe": 3, "simd": 1}, "layer 'conv': fewer than PE 3 take 2 outputs in as many passes; "
                           "try [1, 2]"),
    ({"pe": 1, "simd": 2}, "layer 'conv': SIMD 2 does not divide 27 inputs; try [1, 3, 9, 27]"),
    ({"pe": 1, "simd": 6}, "layer 'conv': SIMD 6 does not divide 27 inputs; try [1, 3, 9, 27]"),
])
def test_foldings_that_nobody_would_build_are_refused_with_numbers(folding, told):
    with pytest.raises(ValueError) as error:
        check_folding(layer_of("zero", lambda bound: 0).product, **folding)
    assert str(error.value) == told


def test_pe_are_the_fewest_for_every_number_of_passes():
    ten, thirteen = (conv((8, 1, 1), outputs, 1) for outputs in (10, 13))
    assert pe_choices(ten) == [1, 2, 3, 4, 5, 10]
    assert pe_choices(ten, even=True) == [1, 2, 5, 10]
    assert pe_choices(thirteen) == [1, 2, 3, 4, 5, 7, 13]
    assert pe_choices(thirteen, even=True) == [1, 13]


def test_channels_that_no_pass_is_full_of_are_zero():
    assert weights.whole_passes(np.arange(1, 6)[None], 3).tolist() == [[1, 2, 3, 4, 5, 0]]
    assert weights.whole_passes(np.arange(1, 7), 3).tolist() == [1, 2, 3, 4, 5, 6]
    words = weight_words(conv((8, 1, 1), 5, 1), pe=3, simd=8)
    assert len(words) == 2
    assert words[1] >> 2 * 8 == 0 != words[0] >> 2 * 8


def test_words_are_held_while_pixels_of_a_row_pass_by():
    product = conv((8, 14, 14), 10, 3)
    assert product.geometry.out_width == 12
    assert reuse_choices(product, 1) == [1, 2, 3, 4]
    assert reuse_choices(product, 4) == [1, 3]
    assert reuse_choices(product, 12) == [1]


def test_limits_are_told_turn_by_turn_only_where_they_differ():
    alike = hidden(conv((8, 14, 14), 10, 3))
    assert limits_by_use(alike.product, alike.threshold, 2, 3).shape == (1, 1, 2, 10)
    layer = hidden(conv((8, 12, 12), 10, 3, padding=1, pad="zero"))
    found = limits_by_use(layer.product, layer.threshold, 2, 3)
    assert found.shape == (6, 3, 2, 10)  # two steps in a row
    assert (found.reshape(6, 6, -1) == limits(layer.product, layer.threshold, 6)).all()
    assert limits_by_use(layer.product, layer.threshold, 12, 1).shape[1] == 1
