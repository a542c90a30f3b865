"""Small networks with integer maps, node by node: residual blocks with their batch norms, planes of
weights, several thresholds on a sum, pools, and every kind of end."""

from dataclasses import dataclass, field

import numpy as np

from hw.network.geometry import Geometry, Pad
from hw.network.network import Network
from hw.network.nodes.add import Add
from hw.network.nodes.affine import Affine
from hw.network.nodes.clamp import Clamp
from hw.network.nodes.global_sum import GlobalSum
from hw.network.nodes.node import IMAGE, Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.subsample import Subsample
from hw.network.nodes.threshold import Threshold


@dataclass
class Builder:
    """Nodes one after the other, each from the map of an earlier one, with random constants."""

    rng: np.random.Generator
    shape: tuple[int, int, int]
    inputs: range = range(-8, 8)
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shapes, self.values = {IMAGE: self.shape}, {IMAGE: self.inputs}

    def add(self, node: Node) -> str:
        self.nodes.append(node)
        sources = [self.shapes[source] for source in node.sources]
        self.shapes[node.name] = node.shape(*sources)
        self.values[node.name] = node.values(*(self.values[source] for source in node.sources))
        return node.name

    def product(
        self, source: str, outputs: int, *, kernel: int = 3, stride: int = 1, pad: Pad = "zero",
        whole: bool = False,
    ) -> str:
        """A padded convolution, or of the whole map."""
        channels, height, width = self.shapes[source]
        shape = (height, width) if whole else (kernel, kernel)
        padding = 0 if whole or kernel == 1 else kernel // 2
        geometry = Geometry(
            channels=channels, height=height, width=width, kernel=shape, stride=(stride, stride),
            padding=(padding, padding), pad=pad if padding else "none",
        )
        weights = self.rng.choice(np.array([-1, 1], np.int8), (outputs, *shape, channels))
        return self.add(Product(
            name=f"product{len(self.nodes)}", sources=(source,), geometry=geometry,
            weights=weights, inputs=self.values[source],
        ))

    def threshold(self, source: str, copies: int = 1, *, negates: bool = False) -> str:
        low, high = (self.values[source][end] // 4 for end in (0, -1))
        count = copies * self.shapes[source][0]
        limits = self.rng.integers(low - 1, high + 2, count).astype(np.int32)
        negated = self.rng.random(count) < 0.5 * negates
        return self.add(Threshold(name=f"threshold{len(self.nodes)}", sources=(source,),
                                  thresholds=limits, negated=negated))

    def pool(self, source: str) -> str:
        channels, height, width = self.shapes[source]
        geometry = Geometry(channels=channels, height=height, width=width, kernel=(2, 2),
                            stride=(2, 2))
        return self.add(Pool(name=f"pool{len(self.nodes)}", sources=(source,), geometry=geometry,
                             any_of=self.rng.random(channels) < 0.5))

    def norm(self, source: str, *, bits: int = 8) -> str:
        channels, values = self.shapes[source][0], self.values[source]
        shift = 4 + max(abs(values[0]), abs(values[-1])).bit_length() - bits + 2
        shift = max(shift, 2)
        multipliers = self.rng.integers(-31, 32, (channels, 1)).astype(np.int32)
        offsets = self.rng.integers(-1 << shift + bits - 3, 1 << shift + bits - 3, channels)
        return self.add(Affine(name=f"norm{len(self.nodes)}", sources=(source,), shift=shift,
                               multipliers=multipliers, offsets=offsets, bits=bits))

    def planes(self, source: str, *factors: int, shift: int = 0) -> str:
        channels = self.shapes[source][0] // len(factors)
        return self.add(Affine(
            name=f"planes{len(self.nodes)}", sources=(source,), shift=shift, bits=20,
            multipliers=np.tile(np.array(factors, np.int32), (channels, 1)),
            offsets=np.zeros(channels, np.int64),
        ))

    def sum(self, one: str, other: str) -> str:
        return self.add(Add(name=f"add{len(self.nodes)}", sources=(one, other)))

    def clamp(self, source: str, low: int, high: int) -> str:
        return self.add(Clamp(name=f"clamp{len(self.nodes)}", sources=(source,), low=low,
                              high=high))

    def short(self, source: str, stride: int, before: int, after: int) -> str:
        return self.add(Subsample(name=f"short{len(self.nodes)}", sources=(source,), rows=stride,
                                  columns=stride, before=before, after=after))

    def total(self, source: str) -> str:
        _, height, width = self.shapes[source]
        return self.add(GlobalSum(name=f"total{len(self.nodes)}", sources=(source,),
                                  positions=height * width))

    def block(self, stream: str, outputs: int, *, stride: int = 1) -> str:
        """A residual block: two convolutions of signs, each with its batch norm, beside a shortcut
        with one, which is a convolution where the shape changes."""
        signs = self.threshold(stream, negates=True)
        hidden = self.threshold(self.product(signs, outputs, stride=stride))
        branch = self.norm(self.product(hidden, outputs))
        if stride > 1 or outputs != self.shapes[stream][0]:
            stream = self.product(signs, outputs, kernel=1, stride=stride)
        return self.sum(branch, self.norm(stream))

    def network(self, source: str) -> Network:
        """It ends in scores of a map."""
        classes = self.shapes[source][0]
        self.add(Scores(name="scores", sources=(source,), scale=1.0,
                        multipliers=self.rng.integers(-5, 6, classes),
                        offsets=self.rng.integers(-50, 50, classes)))
        channels = self.shape[0]
        table = np.tile(np.resize(np.array(self.inputs, np.int16), 256), (channels, 1))
        return Network(input_shape=self.shape, table=table, nodes=tuple(self.nodes),
                       classes=tuple(f"class {k}" for k in range(classes)))


def residual(seed: int, *, side: int = 6, channels: int = 4) -> Network:
    """A stem, a block of the same shape, one of half the size, and a head of bits."""
    make = Builder(np.random.default_rng(seed), (2, side, side))
    stream = make.norm(make.product(IMAGE, channels))
    stream = make.block(stream, channels)
    stream = make.block(stream, 2 * channels, stride=2)
    bits = make.threshold(stream, negates=True)
    return make.network(make.product(bits, 3, whole=True))


def planed(seed: int) -> Network:
    """Weights of several bits in three layers, the last of them on an integer map."""
    make = Builder(np.random.default_rng(seed), (3, 5, 5))
    first = make.planes(make.product(IMAGE, 12), 1, 2, 4)
    bits = make.pool(make.threshold(first, 3, negates=True)) if seed % 2 else make.threshold(first)
    second = make.planes(make.product(bits, 10), 1, 1, shift=1)
    last = make.planes(make.product(second, 6, kernel=1), 1, 2)
    return make.network(last)


def several(seed: int) -> Network:
    """A product that thresholds, an affine and an add read; three thresholds of a hidden sum; a
    dense layer on thresholds of integers, and one on integers."""
    make = Builder(np.random.default_rng(seed), (1, 6, 4))
    product = make.product(IMAGE, 4)
    bits = make.threshold(product, 2, negates=True)
    triples = make.threshold(make.product(bits, 4, pad=("zero", "-1", "+1")[seed % 3]), 3)
    stream = make.sum(make.norm(product), make.product(triples, 4, kernel=1))
    stream = make.sum(stream, stream)
    if seed % 2:
        dense = make.threshold(make.product(make.threshold(stream, 2), 6, whole=True))
        return make.network(make.norm(make.product(dense, 3, whole=True)))
    return make.network(make.product(stream, 3, whole=True))


def clamped(seed: int) -> Network:
    """A clamped stream, a block whose shortcut leaves out rows and columns, and signs of a sum."""
    make = Builder(np.random.default_rng(seed), (2, 5 + seed % 3, 6))
    stream = make.clamp(make.norm(make.product(IMAGE, 4)), -64, 64)
    signs = make.threshold(stream, negates=True)
    before, after = ((2, 2), (0, 4), (0, 0))[seed % 3]
    branch = make.norm(make.product(signs, 4 + before + after, stride=2))
    stream = make.clamp(make.sum(branch, make.short(stream, 2, before, after)), -50, 64)
    bits = make.threshold(make.total(stream), negates=True)
    return make.network(make.product(bits, 3, whole=True))


def bare(seed: int) -> Network:
    """Nothing but a scaled image and its scores, or its thresholds."""
    make = Builder(np.random.default_rng(seed), (3, 3, 4), inputs=range(-20, 30))
    image = make.norm(IMAGE)
    product = make.product(IMAGE, 3, kernel=1)
    return make.network(make.sum(image, make.sum(product, IMAGE)))


EVERY = {"residual": residual, "planed": planed, "several": several, "bare": bare,
         "clamped": clamped}
