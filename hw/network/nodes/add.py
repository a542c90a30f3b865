"""Add: the sum of integer maps, where branches of a residual network join."""

from dataclasses import dataclass

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Node):
    """The sum of two maps of one shape, element by element."""

    def shape(self, *sources: Shape) -> Shape:
        one, other = sources
        self.require(other, one)
        return one

    def values(self, *sources: range) -> range:
        one, other = sources
        return range(one[0] + other[0], one[-1] + other[-1] + 1)

    def arithmetic(self) -> Arithmetic:
        """From integers to int32."""
        return lambda one, other: one.astype(np.int32) + other

    def operations(self, *sources: Shape) -> Operations:
        channels, height, width = self.shape(*sources)
        return Operations(add=channels * height * width)


NODE = Add
