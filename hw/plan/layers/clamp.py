"""Clamp: an integer map held within a range, beat by beat."""

from dataclasses import dataclass

from boards.board import Family
from boards.families import ECP5
from hw.cores.integers import clamp as cores
from hw.network.network import Network
from hw.network.nodes.clamp import Clamp
from hw.network.nodes.node import Node
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Cost
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class ClampLayer(ElementwiseLayer):
    """A clamp of some channels at a time."""

    node: Clamp

    @classmethod
    def match(cls, network: Network, node: Node) -> "ClampLayer | None":
        return cls.of(network, node) if isinstance(node, Clamp) else None

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest result."""
        return self.node.low, self.node.high

    def latency(self, folding: Folding) -> int:
        return cores.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: packed(cores.resources(
            lanes=folding.pe, element=self.widths[0], limits=self.limits, width=self.bits,
        ), family)  # fmt: skip


LAYER = ClampLayer
