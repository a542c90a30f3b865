"""Scores of an integer map, which is summed channel by channel. Its integers come one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from boards.board import Family
from boards.families import ECP5
from hw.cores import scores as cores
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.scores import Scores
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoresLayer(ElementwiseLayer):
    """Scores that no product makes. Its shape is that of the map."""

    heads: ClassVar[bool] = True

    node: Scores

    @classmethod
    def match(cls, network: Network, node: Node) -> "ScoresLayer | None":
        if not isinstance(node, Scores):
            return None
        return replace(cls.of(network, node), shape=network.shapes[node.sources[0]])

    @property
    def positions(self) -> int:
        """Positions of the map, which are added up."""
        return self.shape[1] * self.shape[2]

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        yield Folding(pe=1, simd=1, weights="lut")

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Scores leave one by one: see `hw.cores.scores`."""
        return 0

    def latency(self, folding: Folding) -> int:
        return cores.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        found = packed(cores.resources(
            count=cores.integers(self.widths[0]), positions=self.positions,
            multipliers=self.node.multipliers.tolist(), offsets=self.node.offsets.tolist(),
            family=family,
        ), family)  # fmt: skip
        return lambda folding: found

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        """The last class is all that is told."""
        return super().times(folding, formats, arriving, *times)[-1:]


LAYER = ScoresLayer
