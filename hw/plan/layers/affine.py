"""Affine: an integer map scaled channel by channel, or planes of weights joined, beat by beat."""

from collections.abc import Iterator
from dataclasses import dataclass

from boards.board import Family
from boards.families import ECP5
from hw.cores.integers import affine as cores
from hw.cores.integers import multiplier
from hw.cores.integers.affine import AffineSizes
from hw.network.network import Network
from hw.network.nodes.affine import Affine
from hw.network.nodes.node import Node
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Cost
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class AffineLayer(ElementwiseLayer):
    """An affine of some channels at a time; its folding's weights are its products' home."""

    node: Affine

    @classmethod
    def match(cls, network: Network, node: Node) -> "AffineLayer | None":
        return cls.of(network, node) if isinstance(node, Affine) else None

    def sizes(self, folding: Folding) -> AffineSizes:
        """What the core computes."""
        node = self.node
        return AffineSizes(
            element=self.widths[0], source=self.maps[0], shift=node.shift, bits=node.bits,
            multipliers=tuple(map(tuple, node.multipliers.tolist())),
            offsets=tuple(node.offsets.tolist()), lanes=folding.pe, home=folding.weights,
        )  # fmt: skip

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        """Products in blocks, or in LUTs; what only moves bits has none."""
        for folding in super().foldings(formats, beats):
            homes = multiplier.HOMES if any(self.sizes(folding).factors) else ("lut",)
            for home in homes:
                yield Folding(pe=folding.pe, simd=1, weights=home)

    def lanes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return folding.pe * self.node.joined

    def multipliers(self, folding: Folding, family: Family = ECP5) -> int:
        return self.sizes(folding).blocks(family)

    def latency(self, folding: Folding) -> int:
        return self.sizes(folding).latency

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: packed(cores.resources(self.sizes(folding), family), family)


LAYER = AffineLayer
