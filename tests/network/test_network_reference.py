"""The reference against the plainest loops there are: every tap, one after the other."""

from dataclasses import replace
from itertools import product as every

import numpy as np
import pytest

from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from model.refusal import Refusal


def convolved(values, product):
    """acc[n, m, y, x] by definition; ``values`` are integers (N, C, H, W)."""
    g = product.geometry
    outside = {"none": 0, "zero": 0, "-1": -1, "+1": 1}[g.pad]
    sums = np.zeros((len(values), product.outputs, g.out_height, g.out_width), int)
    for y, x, ky, kx in every(*map(range, (g.out_height, g.out_width, *g.kernel))):
        row = y * g.stride[0] - g.padding[0] + ky
        column = x * g.stride[1] - g.padding[1] + kx
        inside = 0 <= row < g.height and 0 <= column < g.width
        taps = values[:, :, row, column] if inside else np.full(values.shape[:2], outside)
        sums[:, :, y, x] += taps @ product.weights[:, ky, kx].astype(int).T
    return sums


def pooled(bits, pool):
    g = pool.geometry
    found = np.zeros((*bits.shape[:2], g.out_height, g.out_width), int)
    for y, x in every(range(g.out_height), range(g.out_width)):
        window = bits[:, :, y * g.stride[0]:y * g.stride[0] + g.kernel[0],
                      x * g.stride[1]:x * g.stride[1] + g.kernel[1]]
        found[:, :, y, x] = np.where(pool.any_of, window.any((2, 3)), window.all((2, 3)))
    return found


def drawn(rng, name, source, geometry, outputs, inputs=BITS):
    weights = rng.choice(np.array([-1, 1], np.int8), (outputs, *geometry.kernel, geometry.channels))
    return Product(name=name, sources=(source,), geometry=geometry, weights=weights, inputs=inputs)


def network(rng, *, channels, pad, kernel=(3, 2), stride=(1, 2), bits_in=False):
    """Two hidden layers with pools, one of them binary in any case, and a head over positions."""
    padding = (0, 0) if pad == "none" else (kernel[0] - 1, kernel[1] - 1)
    first = Geometry(channels=2, height=9, width=8, kernel=kernel, padding=padding, pad=pad)
    pool = Geometry(channels=channels, height=first.out_height, width=first.out_width,
                    kernel=(2, 3), stride=(2, 1))
    second = Geometry(channels=channels, height=pool.out_height, width=pool.out_width,
                      kernel=kernel, stride=stride, padding=padding, pad=pad)
    head = Geometry(channels=5, height=second.out_height, width=second.out_width, kernel=(1, 1))
    table = rng.integers(-9, 10, (2, 256)).astype(np.int16)
    if bits_in:
        table = np.where(table < 0, -1, 1).astype(np.int16)
    nodes = (
        drawn(rng, "one", IMAGE, first, channels, BITS if bits_in else range(-9, 10)),
        Threshold(name="one.threshold", sources=("one",),
                  thresholds=rng.integers(-20, 20, channels).astype(np.int32)),
        Pool(name="one.pool", sources=("one.threshold",), geometry=pool,
             any_of=rng.random(channels) < 0.5),
        drawn(rng, "two", "one.pool", second, 5),
        Threshold(name="two.threshold", sources=("two",),
                  thresholds=rng.integers(-5, 6, 5).astype(np.int32)),
        drawn(rng, "head", "two.threshold", head, 4),
        Scores(name="scores", sources=("head",), scale=0.5,
               multipliers=rng.integers(-9, 10, 4), offsets=rng.integers(-50, 50, 4)),
    )
    return Network(input_shape=(2, 9, 8), table=table, nodes=nodes, classes=tuple("abcd"))


@pytest.mark.parametrize("pad", ["none", "zero", "-1", "+1"])
@pytest.mark.parametrize("channels", [1, 7, 8, 9, 64, 65, 130])
@pytest.mark.parametrize("bits_in", [False, True])
def test_reference_equals_plain_loops(channels, pad, bits_in):
    rng = np.random.default_rng(channels)
    net = network(rng, channels=channels, pad=pad, bits_in=bits_in)
    images = rng.integers(0, 256, (3, 2, 9, 8), dtype=np.uint8)
    traced = Reference(net).trace(images)
    values = np.stack([net.table[c][images[:, c]] for c in range(2)], axis=1).astype(int)
    for name in ("one", "two"):
        sums = convolved(values, net[name])
        bits = (sums >= net[f"{name}.threshold"].thresholds[:, None, None]).astype(int)
        assert (traced[name] == sums).all()
        assert (traced[f"{name}.threshold"] == bits).all()
        if name == "one":
            bits = pooled(bits, net["one.pool"])
            assert (traced["one.pool"] == bits).all()
        values = 2 * bits - 1
    sums = convolved(values, net["head"])
    found = Reference(net).run(images)
    assert (traced["head"] == sums).all()
    scores = sums.sum((2, 3)) * net.scores.multipliers + net.scores.offsets
    assert (found.scores == scores).all()
    assert (traced["scores"][:, :, 0, 0] == scores).all()
    assert (found.classes == found.scores.argmax(1)).all()


def test_types_and_shapes_are_those_promised():
    net = network(np.random.default_rng(0), channels=3, pad="zero")
    images = np.zeros((2, 2, 9, 8), np.uint8)
    traced, found = Reference(net).trace(images), Reference(net).run(images)
    assert [*traced] == [node.name for node in net.nodes]
    assert {name: values.shape[1:] for name, values in traced.items()} == {
        name: shape for name, shape in net.shapes.items() if name != IMAGE}
    assert (traced["one"].dtype, traced["one"].shape) == (np.int32, (2, 3, 11, 9))
    for name in ("one.threshold", "one.pool"):
        assert traced[name].dtype == np.uint8
    assert traced["one.pool"].shape == (2, 3, 5, 7)
    assert traced["scores"].dtype == found.scores.dtype == found.classes.dtype == np.int64


def test_batches_of_any_size_agree(monkeypatch):
    rng = np.random.default_rng(1)
    net = network(rng, channels=5, pad="zero")
    images = rng.integers(0, 256, (50, 2, 9, 8), dtype=np.uint8)
    whole = Reference(net).run(images)
    monkeypatch.setattr("hw.network.reference.CHUNK", 1)
    single = Reference(net).run(images)
    assert (whole.scores == single.scores).all()
    assert (whole.classes == single.classes).all()


def test_no_images_have_no_scores():
    net = network(np.random.default_rng(2), channels=5, pad="zero")
    found = Reference(net).run(np.empty((0, 2, 9, 8), np.uint8))
    assert (found.scores.shape, found.classes.shape) == ((0, 4), (0,))
    assert Reference(net).trace(np.empty((0, 2, 9, 8), np.uint8))["two.threshold"].shape[0] == 0


def test_ties_go_to_the_lowest_class():
    net = network(np.random.default_rng(3), channels=5, pad="zero")
    scores = replace(net.scores, multipliers=np.zeros(4, np.int64), offsets=np.array([1, 7, 7, 3]))
    tied = replace(net, nodes=(*net.nodes[:-1], scores))
    assert Reference(tied).run(np.zeros((2, 2, 9, 8), np.uint8)).classes.tolist() == [1, 1]


def test_score_sums_over_positions():
    scores = Scores(name="scores", sources=("head",), scale=1.0,
                    multipliers=np.array([1, 2, -1, 0]), offsets=np.array([0, 5, 0, 9]))
    sums = np.arange(8).reshape(1, 1, 2, 4)
    assert scores.arithmetic()(sums).tolist() == [[[[4, 17, -8, 9]]]]


@pytest.mark.parametrize("bound", [1 << 15, 1 << 28])
def test_sums_beyond_float32_are_still_exact(bound):
    """The float matrix product takes float64 where float32 would round."""
    rng = np.random.default_rng(5)
    size = bound >> 15
    geometry = Geometry(channels=1, height=size, width=1, kernel=(size, 1))
    weights = np.ones((2, size, 1, 1), np.int8)
    table = np.full((1, 256), 32767, np.int16)
    table[0, :2] = 32766, 32765
    product = Product(name="fc", sources=(IMAGE,), geometry=geometry, weights=weights,
                      inputs=range(32765, 32768))
    scores = Scores(name="scores", sources=("fc",), multipliers=np.ones(2, np.int64),
                    offsets=np.zeros(2, np.int64), scale=1.0)
    net = Network(input_shape=(1, size, 1), table=table, nodes=(product, scores),
                  classes=("a", "b"))
    images = rng.integers(0, 4, (1, 1, size, 1), dtype=np.uint8)
    exact = sum(int(table[0, byte]) for byte in images.ravel())
    assert Reference(net).run(images).scores.tolist() == [[exact, exact]]


@pytest.mark.parametrize(("images", "told"), [
    (np.zeros((1, 1, 9, 8), np.uint8), "images are uint8 (1, 1, 9, 8)"),
    (np.zeros((2, 9, 8), np.uint8), "images are uint8 (2, 9, 8)"),
    (np.zeros((1, 2, 9, 8), np.float32), "images are float32 (1, 2, 9, 8)"),
])
def test_wrong_images_are_refused(images, told):
    reference = Reference(network(np.random.default_rng(6), channels=5, pad="zero"))
    for read in (reference.run, reference.trace):
        with pytest.raises(Refusal) as refusal:
            read(images)
        assert str(refusal.value) == f"{told}; this network reads uint8 (N, 2, 9, 8)"
