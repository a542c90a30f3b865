"""Folded networks with drawn weights, for tests of what is done with their shapes."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from hw.network.geometry import Geometry, Pad
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.plan.graph import layers
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.layer import Layer

Shape = tuple[int, int, int]


def conv(
    shape: Shape, out: int, kernel: int, *, padding: int = 0, pad: Pad = "zero", stride: int = 1,
    inputs: range = BITS, name: str = "conv", source: str = IMAGE,
) -> Product:
    """A square convolution of a (C, H, W) map; kernel 0 covers the whole map."""
    channels, height, width = shape
    geometry = Geometry(
        channels=channels, height=height, width=width,
        kernel=(kernel, kernel) if kernel else (height, width),
        stride=(stride, stride), padding=(padding, padding), pad=pad if padding else "none",
    )
    weights = np.random.default_rng(out).choice([-1, 1], (out, *geometry.kernel, channels))
    return Product(
        name=name, sources=(source,), geometry=geometry, weights=weights.astype(np.int8),
        inputs=inputs,
    )


def hidden(product: Product, pool: int = 0) -> HiddenLayer:
    """Thresholds about zero, and a square pool that is OR but for its last channel."""
    rng = np.random.default_rng(product.outputs)
    threshold = Threshold(
        name=f"{product.name}.threshold", sources=(product.name,),
        thresholds=rng.integers(-3, 4, product.outputs).astype(np.int32),
    )
    if not pool:
        return HiddenLayer(product=product, threshold=threshold)
    geometry = Geometry(
        channels=product.outputs, height=product.geometry.out_height,
        width=product.geometry.out_width, kernel=(pool, pool), stride=(pool, pool),
    )
    pooled = Pool(
        name=f"{product.name}.pool", sources=(threshold.name,), geometry=geometry,
        any_of=np.arange(product.outputs) < product.outputs - 1,
    )
    return HiddenLayer(product=product, threshold=threshold, pool=pooled)


def first(network: Network) -> HiddenLayer:
    layer: Layer = layers(network)[0]
    assert isinstance(layer, HiddenLayer)
    return layer


def network(shape: Shape, hiddens: Sequence[tuple[int, int, int, int]], classes: int) -> Network:
    """Bytes less 128, then layers of (channels, kernel, padding, pool), then a dense head."""
    nodes, here, inputs, source = list[Node](), shape, range(-128, 128), IMAGE
    for number, (out, kernel, padding, pool) in enumerate(hiddens):
        product = conv(here, out, kernel, padding=padding, inputs=inputs, name=f"conv{number}",
                       source=source)
        nodes += hidden(product, pool).nodes
        last = product.geometry
        if pool:
            last = nodes[-1].geometry
        here, inputs, source = (out, last.out_height, last.out_width), BITS, nodes[-1].name
    head = conv(here, classes, 0, inputs=inputs, name="head", source=source)
    scores = Scores(
        name="scores", sources=("head",), multipliers=np.ones(classes, np.int64),
        offsets=np.zeros(classes, np.int64), scale=1.0,
    )
    return Network(
        input_shape=shape, table=np.tile(np.arange(-128, 128, dtype=np.int16), (shape[0], 1)),
        nodes=(*nodes, head, scores), classes=tuple(map(str, range(classes))),
    )


@cache
def cnv() -> Network:
    """The shapes of BNN-PYNQ's CNV."""
    return network((3, 32, 32), [
        (64, 3, 0, 0), (64, 3, 0, 2), (128, 3, 0, 0), (128, 3, 0, 2), (256, 3, 0, 0),
        (256, 3, 0, 0), (512, 0, 0, 0), (512, 0, 0, 0),
    ], classes=10)


@cache
def digits() -> Network:
    """A small network for 28 x 28 images."""
    return network((1, 28, 28), [(16, 3, 1, 2), (32, 3, 1, 2)], classes=10)


@cache
def flat() -> Network:
    """The shapes of FINN's TFC, dense from the first layer on."""
    return network((1, 28, 28), [(64, 0, 0, 0), (64, 1, 0, 0), (64, 1, 0, 0)], classes=10)


@cache
def tiny() -> Network:
    """Few enough foldings to try every combination of them."""
    return network((1, 6, 6), [(4, 3, 1, 2), (6, 3, 0, 0)], classes=3)


@cache
def vectors() -> Network:
    """As few, of layers that hand on beats of vectors, of which some widths divide no other."""
    return network((1, 3, 3), [(6, 3, 0, 0), (4, 1, 0, 0)], classes=3)
