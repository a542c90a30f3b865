"""Head: the last product and the scores. A map in, the scores of a frame out, one by one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores import scores as cores
from hw.cores.stream import converter
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.plan import memory, timing
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.layers.product import ProductLayer, integers
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadLayer(ProductLayer):
    """A product whose counts are summed over the map and made scores."""

    heads: ClassVar[bool] = True
    alone: ClassVar[bool] = True

    scores: Scores

    @classmethod
    def match(cls, network: Network, node: Node) -> "HeadLayer | None":
        match node, network.readers(node.name):
            case Product(), (Scores() as scores,):
                return cls(product=node, scores=scores, integers=integers(network, node))
        return None

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.product, self.scores

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Scores leave one by one: see `hw.cores.scores`."""
        return 0

    def border_classes(self, folding: Folding) -> int:
        """Padding adds the same to the counts of every frame, so that it is part of the offsets."""
        return 0

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """As of a product; ``scores`` takes the counts one by one."""
        product = self.product
        positions = product.geometry.positions
        return super().cycles(folding, formats) | {"scores": positions * product.outputs}

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        multipliers, offsets = memory.head_affine(self.product, self.scores)

        def cost(folding: Folding) -> Resources:
            window = self.window(folding, formats)
            unit = self.unit(folding, window)
            total = self.read_cost(window, unit, None, formats=formats, family=family)
            total += converter.narrowed(unit.count_width, folding.pe)
            total += cores.resources(
                count=unit.count_shape, positions=self.product.geometry.positions,
                multipliers=multipliers.tolist(), offsets=offsets.tolist(), family=family,
            )  # fmt: skip
            return packed(total, family)

        return cost

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        """The counts of a pass leave one by one; the last class is all that is told."""
        (entering,) = times
        ends = self.passed(folding, formats, arriving, entering)
        return timing.spaced(ends, folding.pe)[-1:] + folding.pe - 1 + cores.LATENCY


LAYER = HeadLayer
