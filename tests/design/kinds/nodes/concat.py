"""Concat: the channels of two maps of bits side by side."""

from dataclasses import dataclass

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Concat(Node):
    """The first source's channels, then the second's."""

    def shape(self, *sources: Shape) -> Shape:
        (one, height, width), other = sources
        self.require(other, (other[0], height, width))
        return one + other[0], height, width

    def arithmetic(self) -> Arithmetic:
        return lambda *maps: np.concatenate(maps, axis=-1)


NODE = Concat
