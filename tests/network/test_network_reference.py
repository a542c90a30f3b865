"""The reference against the plainest loops there are: every tap, one after the other."""

from itertools import product as every

import numpy as np
import pytest

from hw.network.geometry import Geometry
from hw.network.layers import BITS, Head, Layer, Network, Pool, Product
from hw.network.reference import Reference, score
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


def drawn(rng, name, geometry, outputs, inputs=BITS):
    weights = rng.choice(np.array([-1, 1], np.int8), (outputs, *geometry.kernel, geometry.channels))
    return Product(name=name, geometry=geometry, weights=weights, inputs=inputs)


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
    layers = (
        Layer(product=drawn(rng, "one", first, channels, BITS if bits_in else range(-9, 10)),
              thresholds=rng.integers(-20, 20, channels).astype(np.int32),
              pool=Pool(geometry=pool, any_of=rng.random(channels) < 0.5)),
        Layer(product=drawn(rng, "two", second, 5),
              thresholds=rng.integers(-5, 6, 5).astype(np.int32)),
    )
    return Network(
        input_shape=(2, 9, 8), table=table, layers=layers, classes=tuple("abcd"),
        head=Head(product=drawn(rng, "head", head, 4), scale=0.5,
                  multipliers=rng.integers(-9, 10, 4), offsets=rng.integers(-50, 50, 4)))


@pytest.mark.parametrize("pad", ["none", "zero", "-1", "+1"])
@pytest.mark.parametrize("channels", [1, 7, 8, 9, 64, 65, 130])
@pytest.mark.parametrize("bits_in", [False, True])
def test_reference_equals_plain_loops(channels, pad, bits_in):
    rng = np.random.default_rng(channels)
    net = network(rng, channels=channels, pad=pad, bits_in=bits_in)
    images = rng.integers(0, 256, (3, 2, 9, 8), dtype=np.uint8)
    traced = Reference(net).trace(images)
    values = np.stack([net.table[c][images[:, c]] for c in range(2)], axis=1).astype(int)
    for layer in net.layers:
        sums = convolved(values, layer.product)
        bits = (sums >= layer.thresholds[:, None, None]).astype(int)
        bits = pooled(bits, layer.pool) if layer.pool else bits
        assert (traced[layer.name].accumulators == sums).all()
        assert (traced[layer.name].bits == bits).all()
        values = 2 * bits - 1
    sums = convolved(values, net.head.product).sum((2, 3))
    found = Reference(net).run(images)
    assert (traced["head"].sums == sums).all()
    assert (found.scores == sums * net.head.multipliers + net.head.offsets).all()
    assert (found.classes == found.scores.argmax(1)).all()


def test_types_and_shapes_are_those_promised():
    net = network(np.random.default_rng(0), channels=3, pad="zero")
    images = np.zeros((2, 2, 9, 8), np.uint8)
    traced, found = Reference(net).trace(images), Reference(net).run(images)
    assert traced["one"].accumulators.dtype == np.int32
    assert traced["one"].accumulators.shape == (2, 3, 11, 9)
    assert (traced["one"].bits.dtype, traced["one"].bits.shape) == (np.uint8, (2, 3, 5, 7))
    assert traced["head"].accumulators.shape[:2] == (2, 4)
    assert traced["head"].sums.dtype == found.scores.dtype == found.classes.dtype == np.int64


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
    assert Reference(net).trace(np.empty((0, 2, 9, 8), np.uint8))["two"].bits.shape[0] == 0


def test_ties_go_to_the_lowest_class():
    net = network(np.random.default_rng(3), channels=5, pad="zero")
    head = Head(product=net.head.product, scale=1.0, multipliers=np.zeros(4, np.int64),
                offsets=np.array([1, 7, 7, 3]))
    tied = Network(input_shape=net.input_shape, table=net.table, layers=net.layers, head=head,
                   classes=net.classes)
    assert Reference(tied).run(np.zeros((2, 2, 9, 8), np.uint8)).classes.tolist() == [1, 1]


def test_score_sums_over_positions():
    net = network(np.random.default_rng(4), channels=5, pad="zero")
    head = Head(product=net.head.product, scale=1.0, multipliers=np.array([1, 2, -1, 0]),
                offsets=np.array([0, 5, 0, 9]))
    sums = np.arange(8).reshape(1, 1, 2, 4)
    assert score(head, sums).tolist() == [[4, 17, -8, 9]]


@pytest.mark.parametrize("bound", [1 << 15, 1 << 28])
def test_sums_beyond_float32_are_still_exact(bound):
    """The float matrix product takes float64 where float32 would round."""
    rng = np.random.default_rng(5)
    size = bound >> 15
    geometry = Geometry(channels=1, height=size, width=1, kernel=(size, 1))
    weights = np.ones((2, size, 1, 1), np.int8)
    table = np.full((1, 256), 32767, np.int16)
    table[0, :2] = 32766, 32765
    net = Network(input_shape=(1, size, 1), table=table, layers=(), classes=("a", "b"),
                  head=Head(product=Product(name="fc", geometry=geometry, weights=weights,
                                            inputs=range(32765, 32768)),
                            multipliers=np.ones(2, np.int64), offsets=np.zeros(2, np.int64),
                            scale=1.0))
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
