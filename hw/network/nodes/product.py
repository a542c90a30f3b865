"""Product: a convolution or dense layer of +-1 weights, as exact integer sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS, Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations
from hw.network.sums import BinarySums, IntegerSums


@dataclass(frozen=True, kw_only=True, eq=False)
class Product(Node):
    """``acc[m] = sum over taps and channels of weights[m] * input``, an exact integer.

    Its name is that of the convolution or dense layer of the checkpoint.

    Parameters
    ----------
    geometry : Geometry
        A dense layer is a kernel that covers its whole map.
    weights : int8 array (MH, kh, kw, channels)
        +1 or -1. Channels whose batch norm had a negative gamma are already negated.
    inputs : range
        Every value an input element may take: `BITS`, or the span of the input table.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"weights": np.int8}

    geometry: Geometry
    weights: np.ndarray
    inputs: range

    def __post_init__(self) -> None:
        shape = (len(self.weights), *self.geometry.kernel, self.geometry.channels)
        if self.weights.shape != shape:
            raise ValueError(f"{self.name}.weights has shape {self.weights.shape}, "
                             f"expected {shape}")

    @property
    def outputs(self) -> int:
        """MH, the number of output channels."""
        return int(self.weights.shape[0])

    @property
    def does(self) -> str:
        geometry = self.geometry
        return "dense" if geometry.whole else geometry.named("convolution", (1, 1))

    @property
    def binary(self) -> bool:
        return self.inputs == BITS

    @cached_property
    def shared(self) -> int:
        """Channels side by side that have the same weights in every row and tap: the copies of a
        channel with several thresholds, each of which is a bit of one activation."""
        every = self.weights.reshape(-1, self.geometry.channels)
        # Channel c begins a group wherever it differs from the one before.
        begins = np.flatnonzero((every[:, 1:] != every[:, :-1]).any(axis=0)) + 1
        return int(np.gcd.reduce([*begins, self.geometry.channels]))

    @property
    def bound(self) -> int:
        """The accumulator never leaves [-bound, bound]."""
        return self.geometry.size * max(abs(self.inputs[0]), abs(self.inputs[-1]))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one frame, padding taps included."""
        return self.geometry.positions * self.geometry.size * self.outputs

    def shape(self, *sources: Shape) -> Shape:
        (source,), geometry = sources, self.geometry
        self.require(source, (geometry.channels, geometry.height, geometry.width))
        return self.outputs, geometry.out_height, geometry.out_width

    def values(self, *sources: range) -> range:
        (source,) = sources
        if (source == BITS) != self.binary or not {source[0], source[-1]} <= {*self.inputs}:
            raise ValueError(f"{self.name} is made for {self.inputs}, and reads {source}")
        return range(-self.bound, self.bound + 1)

    def arithmetic(self) -> Arithmetic:
        """From bits {0, 1}, or integers, to int32 sums."""
        if self.binary:
            return BinarySums(self.geometry, self.weights)
        return IntegerSums(self.geometry, self.weights, bound=self.bound)

    def operations(self, *sources: Shape) -> Operations:
        """An XNOR and a count for every product, those of padded taps included, as the paper
        counts."""
        return Operations(xnor=self.macs, count=self.macs)

    def slides(self) -> Geometry:
        return self.geometry


NODE = Product
