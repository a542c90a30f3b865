"""Global sum: the integers of every channel added up, in place of an average of them."""

from dataclasses import dataclass

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class GlobalSum(Node):
    """The sum over a map of so many ``positions``, channel by channel."""

    positions: int

    def shape(self, *sources: Shape) -> Shape:
        ((channels, height, width),) = sources
        if height * width != self.positions:
            raise ValueError(f"{self.kind} {self.name!r} reads a map of {height} x {width}, not of "
                             f"{self.positions} positions")
        return channels, 1, 1

    def values(self, *sources: range) -> range:
        (source,) = sources
        return range(self.positions * source[0], self.positions * source[-1] + 1)

    def arithmetic(self) -> Arithmetic:
        """From integers to int32."""
        return lambda values: values.sum(axis=(1, 2), keepdims=True, dtype=np.int64).astype(
            np.int32)

    def operations(self, *sources: Shape) -> Operations:
        ((channels, height, width),) = sources
        return Operations(add=channels * height * width)


NODE = GlobalSum
