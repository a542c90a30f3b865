"""Add: the sum of two integer maps, beat by beat."""

from dataclasses import dataclass

from boards.board import Family
from boards.families import ECP5
from hw.cores.integers import add as cores
from hw.network.network import Network
from hw.network.nodes.add import Add
from hw.network.nodes.node import Node
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Cost
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class AddLayer(ElementwiseLayer):
    """An add of some channels at a time."""

    @classmethod
    def match(cls, network: Network, node: Node) -> "AddLayer | None":
        return cls.of(network, node) if isinstance(node, Add) else None

    def latency(self, folding: Folding) -> int:
        return cores.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: packed(cores.resources(folding.pe, self.bits), family)


LAYER = AddLayer
