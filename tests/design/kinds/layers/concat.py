"""The layer of a concat, which has nothing to fold: a pixel a cycle."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.network.network import Network
from hw.network.nodes.node import Node, Shape
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.layer import Arriving, Cost, Layer
from hw.plan.plan import Folding
from hw.plan.timing import spaced


@dataclass(frozen=True, kw_only=True, eq=False)
class ConcatLayer(Layer):
    node: Node
    shape: Shape

    @classmethod
    def match(cls, network: Network, node: Node) -> "ConcatLayer | None":
        if node.kind != "concat":
            return None
        return cls(node=node, shape=network.shapes[node.name])

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.node,)

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        yield Folding(pe=1, simd=1, weights="logic")

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        return {"pixels": self.shape[1] * self.shape[2]}

    def takes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return 0

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return self.shape[0]

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: Resources(lut=2)

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        return spaced(np.maximum(*times), 1)


LAYER = ConcatLayer
