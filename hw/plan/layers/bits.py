"""Bits: thresholds of an integer map, and perhaps a pool. A map of integers in, one of bits out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.integers import compare
from hw.cores.stream import converter
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.threshold import Threshold
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers import pooling
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.layers.product import HOMES
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class BitsLayer(ElementwiseLayer):
    """Thresholds of some integers at a time, and a pool behind them. Its shape is that of the
    integers."""

    node: Threshold
    pool: Pool | None = None

    @classmethod
    def match(cls, network: Network, node: Node) -> "BitsLayer | None":
        if not isinstance(node, Threshold):
            return None
        found = replace(cls.of(network, node), shape=network.shapes[node.sources[0]])
        match network.readers(node.name):
            case (Pool() as pool,):
                return replace(found, pool=pool)
        return found

    @property
    def threshold(self) -> Threshold:
        return self.node

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.node,) if self.pool is None else (self.node, self.pool)

    @property
    def gives_vector(self) -> bool:
        return self.pool is None

    @property
    def copies(self) -> int:
        """Thresholds of an integer."""
        return self.node.channels // self.channels

    def in_beats(self, formats: Formats) -> bool:
        """True if the bits of each beat go on as they are, where a vector is read."""
        return formats.gives

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        for folding in super().foldings(formats, beats):
            for buffers in HOMES if self.pool else HOMES[:1]:
                yield replace(folding, buffers=buffers)

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        cycles = super().cycles(folding, formats)
        return cycles | pooling.cycles(self.pool, folding) if self.pool else cycles

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return folding.pe * self.copies if self.in_beats(formats) else self.node.channels

    def latency(self, folding: Folding) -> int:
        return compare.LATENCY

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        def cost(folding: Folding) -> Resources:
            beats = self.beats(folding)
            total = compare.resources(
                element=self.widths[0], lanes=folding.pe, copies=self.copies, beats=beats,
                negates=bool(self.node.negated.any()), family=family,
            )  # fmt: skip
            if not self.in_beats(formats):
                total += converter.widened(folding.pe * self.copies, beats)
            if self.pool:
                total += pooling.cost(self.pool, folding, family)
            return packed(total, family)

        return cost

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        done = super().times(folding, formats, arriving, *times)
        if self.in_beats(formats):
            return done
        beats = self.beats(folding)
        pixels = done[beats - 1 :: beats]
        return pooling.times(self.pool, folding, pixels) if self.pool else pixels


LAYER = BitsLayer
