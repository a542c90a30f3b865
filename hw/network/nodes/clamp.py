"""Clamp: integers outside of a range become its nearer end, as a Hardtanh on a stream has it."""

from dataclasses import dataclass

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Clamp(Node):
    """``y = min(max(x, low), high)``, element by element."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"{self.name}: clamps to {self.low} and more, and {self.high} and "
                             "less; give a lower low")

    def shape(self, *sources: Shape) -> Shape:
        (source,) = sources
        return source

    def values(self, *sources: range) -> range:
        (source,) = sources
        low, high = (min(max(end, self.low), self.high) for end in (source[0], source[-1]))
        return range(low, high + 1)

    def arithmetic(self) -> Arithmetic:
        """From integers to int32."""
        return lambda values: np.clip(values.astype(np.int32), self.low, self.high)

    def operations(self, *sources: Shape) -> Operations:
        channels, height, width = self.shape(*sources)
        return Operations(compare=2 * channels * height * width)


NODE = Clamp
