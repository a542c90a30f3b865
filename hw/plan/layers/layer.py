"""A layer: the nodes of a network that one stage of hardware computes, and what it costs folded."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.plan import Folding
from model.rooms import kind_of

Cost = Callable[[Folding], Resources]
"""From a folding to the cells of a family that the layer takes, but for what stands before it."""

Arriving = Sequence[int | None]
"""For every source of a layer the inputs of a beat of a vector, or of integers, that comes; None:
a pixel's."""


class Layer(ABC):
    """Base of all kinds of layers. A kind is a module of `hw.plan.layers` whose ``LAYER`` it is;
    the module of `hw.design.stages` with the same name builds it."""

    heads: ClassVar[bool] = False
    """It ends in scores and not in bits."""

    by_beats: ClassVar[bool] = False
    """It works on each beat of an integer map as it comes, be it the image."""

    @classmethod
    @abstractmethod
    def match(cls, network: Network, node: Node) -> "Layer | None":
        """The layer of this kind that begins with a node, if there is one."""

    @property
    @abstractmethod
    def nodes(self) -> tuple[Node, ...]:
        """The first reads what comes in, the last gives what goes out."""

    @property
    def name(self) -> str:
        """Name of the first node."""
        return self.nodes[0].name

    @property
    def kind(self) -> str:
        """The name of its module."""
        return kind_of(self)

    @property
    def does(self) -> str:
        """What its nodes do, in a few words for a drawing."""
        return ", ".join(node.does for node in self.nodes)

    @property
    def sources(self) -> tuple[str, ...]:
        """The nodes whose maps come in, or the image."""
        return self.nodes[0].sources

    @property
    def output(self) -> str:
        """The node whose map goes out."""
        return self.nodes[-1].name

    @property
    def element(self) -> int:
        """Bits of an input."""
        return 1

    @property
    def reads_vector(self) -> bool:
        """True if it can take its map in beats of a vector."""
        return False

    @property
    def gives_vector(self) -> bool:
        """True if some folding hands its map on in beats of a vector."""
        return False

    def entering(self, formats: Formats = PIXELS) -> list[int]:
        """Pixels of a beat that some folding takes, the fewest first."""
        return [1]

    def leaving(self, formats: Formats = PIXELS) -> list[int]:
        """Pixels of a beat of the map that it makes (`made`) of some folding, the fewest first."""
        return [1]

    @property
    def made(self) -> str:
        """The node whose map it makes: what goes out, or what a pool at its end reads."""
        return self.output

    @abstractmethod
    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        """Every folding that is worth building, of beats that `entering` and `leaving` have."""

    @abstractmethod
    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """Cycles of a frame in every part of the stage, by name; they work at the same time."""

    def interval(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Initiation interval: cycles between frames that this layer alone would allow."""
        return max(self.cycles(folding, formats).values())

    def utilisation(self, folding: Folding, interval: int) -> float:
        """Share of the cycles in which the busiest part works."""
        return self.interval(folding) / interval

    @abstractmethod
    def takes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Bits of a beat of a vector that it reads; 0 where it reads pixels."""

    @abstractmethod
    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Bits of a beat that it hands on: of a pixel, or of a vector."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of an input of every source, as they come."""
        return (self.element,) * len(self.sources)

    def lanes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Inputs that it takes at once."""
        return 1

    def comes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        """Inputs of a beat that comes, where neither integers nor a vector do."""
        return self.lanes(folding, formats)

    def multipliers(self, folding: Folding, family: Family = ECP5) -> int:
        """Blocks of a family that multiply."""
        return 0

    @abstractmethod
    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        """Cost of any folding; what is the same for all is worked out once."""

    @abstractmethod
    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        """Cycles in which an empty stage offers its output, beat by beat, from those in which each
        source offers its own."""
