"""Integers: a product whose sums go on as they are. A map in, a map of integers out."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.stream import converter
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.product import Product
from hw.plan import memory, timing
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.head import HeadLayer
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.layers.product import ProductLayer, integers
from hw.plan.layers.starts import Starts
from hw.plan.memory import divisors
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegersLayer(ProductLayer):
    """A product that neither thresholds nor scores alone read: an affine, an add, or several."""

    alone: ClassVar[bool] = True

    bits: int
    """Of a sum, two's complement."""

    @classmethod
    def match(cls, network: Network, node: Node) -> "IntegersLayer | None":
        if not isinstance(node, Product):
            return None
        if HiddenLayer.match(network, node) or HeadLayer.match(network, node):
            return None
        return cls(
            product=node, bits=memory.element_bits(network.values[node.name]),
            integers=integers(network, node),
        )

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.product,)

    @property
    def totals(self) -> int:
        return self.bits

    @property
    def gives_vector(self) -> bool:
        return True

    def border_classes(self, folding: Folding) -> int:
        return memory.classes(self.product)

    def together(self, folding: Folding) -> int:
        """Channels of a beat that leaves: the fewest with which those of a pass leave while the
        next one runs."""
        beats = self.product.geometry.size // folding.simd
        return next(each for each in divisors(folding.pe) if folding.pe // each <= beats)

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return self.together(folding) * self.bits

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        starts = Starts(self.product, self._limits, family)

        def cost(folding: Folding) -> Resources:
            window = self.window(folding, formats)
            unit = self.unit(folding, window)
            total = self.read_cost(window, unit, starts(unit), formats=formats, family=family)
            beats = folding.pe // self.together(folding)
            return packed(total + converter.narrowed(self.handed(folding), beats), family)

        return cost

    def _limits(self, pixels: int, reuse: int) -> np.ndarray:
        """What sums start from, negated as thresholds are."""
        return -(memory.totals(self.product) >> self.product.binary)

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        """The sums of a pass leave some at a time."""
        (entering,) = times
        beats = folding.pe // self.together(folding)
        ends = timing.spaced(self.passed(folding, formats, arriving, entering), beats)
        return (ends[:, None] + np.arange(beats)).ravel()


LAYER = IntegersLayer
