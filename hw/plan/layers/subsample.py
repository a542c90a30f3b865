"""Subsample: some rows and columns of an integer map, between channels of zeros."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from boards.board import Family
from boards.families import ECP5
from hw.cores.integers import subsample as cores
from hw.cores.integers.subsample import SubsampleSizes
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.subsample import Subsample
from hw.plan import timing
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.memory import divisors
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class SubsampleLayer(ElementwiseLayer):
    """A subsample of some channels at a time. Its shape is that of the source; its integers have
    the bits of its own, which hold the zeros too."""

    node: Subsample

    @classmethod
    def match(cls, network: Network, node: Node) -> "SubsampleLayer | None":
        if not isinstance(node, Subsample):
            return None
        return replace(cls.of(network, node), shape=network.shapes[node.sources[0]])

    def sizes(self, folding: Folding) -> SubsampleSizes:
        """What the core takes and gives."""
        node, pe = self.node, folding.pe
        return SubsampleSizes(
            width=pe * self.bits, beats=self.beats(folding), before=node.before // pe,
            after=node.after // pe, map=self.shape[1:], stride=(node.rows, node.columns),
        )  # fmt: skip

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        """A beat has channels of the source, or zeros."""
        for pe in divisors(gcd(self.channels, self.node.before, self.node.after)):
            yield Folding(pe=pe, simd=1, weights="lut")

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """``beats`` come one a cycle, and leave so."""
        sizes = self.sizes(folding)
        return {"beats": sizes.comes, "leave": sizes.leaves}

    def latency(self, folding: Folding) -> int:
        return cores.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return lambda folding: packed(cores.resources(self.sizes(folding), family), family)

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        return self.sizes(folding).times(timing.joined(times, arriving, self.lanes(folding)))


LAYER = SubsampleLayer
