"""Global sum: an integer map added up channel by channel. A map in, one position out."""

from dataclasses import dataclass, replace

import numpy as np

from boards.board import Family
from boards.families import ECP5
from hw.cores.integers import global_sum as cores
from hw.network.network import Network
from hw.network.nodes.global_sum import GlobalSum
from hw.network.nodes.node import Node
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class GlobalSumLayer(ElementwiseLayer):
    """A sum over a map of some channels at a time. Its shape is that of the map."""

    @classmethod
    def match(cls, network: Network, node: Node) -> "GlobalSumLayer | None":
        if not isinstance(node, GlobalSum):
            return None
        return replace(cls.of(network, node), shape=network.shapes[node.sources[0]])

    @property
    def positions(self) -> int:
        """Positions that are added up."""
        return self.shape[1] * self.shape[2]

    def latency(self, folding: Folding) -> int:
        return cores.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: packed(cores.resources(
            lanes=folding.pe, beats=self.beats(folding), positions=self.positions,
            width=self.bits, family=family,
        ), family)  # fmt: skip

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        """Sums leave with the last position."""
        return super().times(folding, formats, arriving, *times)[-self.beats(folding) :]


LAYER = GlobalSumLayer
