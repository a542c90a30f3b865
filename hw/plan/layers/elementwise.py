"""What layers without a window share: they take some channels of every integer map a beat."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from hw.network.network import Network
from hw.network.nodes.node import Node, Shape
from hw.plan import memory, timing
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.memory import divisors
from hw.plan.plan import Folding

Kind = TypeVar("Kind", bound="ElementwiseLayer")


@dataclass(frozen=True, kw_only=True, eq=False)
class ElementwiseLayer(Layer):
    """A layer that makes some channels of a beat of as many, or of J times as many.

    Its folding's PE are the channels, of what it makes, of a beat.

    Parameters
    ----------
    node : Node
    shape : of the map whose channels it counts, its own.
    maps : every integer of the map of each source.
    values : every integer of its own.
    """

    by_beats: ClassVar[bool] = True

    node: Node
    shape: Shape
    maps: tuple[range, ...]
    values: range

    @classmethod
    def of(cls: type[Kind], network: Network, node: Node) -> Kind:
        """The layer of a node."""
        return cls(
            node=node, shape=network.shapes[node.name], values=network.values[node.name],
            maps=tuple(network.values[source] for source in node.sources),
        )

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.node,)

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(map(memory.element_bits, self.maps))

    @property
    def bits(self) -> int:
        """Bits of an integer that it makes."""
        return memory.element_bits(self.values)

    @property
    def gives_vector(self) -> bool:
        return True

    @property
    def channels(self) -> int:
        """Channels, of which a beat has PE."""
        return self.shape[0]

    def beats(self, folding: Folding) -> int:
        """Beats of a pixel."""
        return self.channels // folding.pe

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        for pe in divisors(self.channels):
            yield Folding(pe=pe, simd=1, weights="lut")

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """``beats`` come one a cycle."""
        return {"beats": self.shape[1] * self.shape[2] * self.beats(folding)}

    def takes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return 0

    def lanes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return folding.pe

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return folding.pe * self.bits

    @abstractmethod
    def latency(self, folding: Folding) -> int:
        """Cycles from a beat to what is made of it."""

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        return timing.joined(times, arriving, self.lanes(folding)) + self.latency(folding)
