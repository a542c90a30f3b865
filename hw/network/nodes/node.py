"""A node: one operation on integer maps, with named sources and one output."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hw.network.geometry import Geometry
from hw.network.nodes.operations import Operations
from model.rooms import kind_of

IMAGE = "_image"
"""The source that is the network's input. No node has this name: theirs begin with a letter."""

Shape = tuple[int, int, int]
"""Channels, height and width of a map."""

BITS = range(-1, 2, 2)
"""The two values of a binary map; bit 1 is +1, bit 0 is -1."""

Arithmetic = Callable[..., np.ndarray]
"""From the maps of a node's sources, each (N, height, width, channels), to its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node(ABC):
    """Base of all kinds of nodes. A kind is a module of `hw.network.nodes` whose ``NODE`` it is.

    Parameters
    ----------
    name : str
    sources : names of the nodes that are read, or `IMAGE`, in order.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {}
    """Its arrays, and the type each is kept with."""

    name: str
    sources: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The name of its module."""
        return kind_of(self)

    @property
    def does(self) -> str:
        """What it does, in a few words for a drawing."""
        return self.kind.replace("_", " ")

    @abstractmethod
    def shape(self, *sources: Shape) -> Shape:
        """Shape of the output. ValueError where it cannot read maps of these shapes."""

    def values(self, *sources: range) -> range:
        """Every number that its map may hold, and few others, from those of its sources; a kind
        that gives no bits says so. Of bits they are -1 and +1."""
        return BITS

    @abstractmethod
    def arithmetic(self) -> Arithmetic:
        """The function of this node in exact integers, plain and without a trick of hardware's."""

    def operations(self, *sources: Shape) -> Operations:
        """Operators at work in one frame."""
        return Operations()

    def slides(self) -> Geometry | None:
        """The way of its kernel over the source's map; None for a node that has none."""
        return None

    def require(self, shape: Shape, wanted: Shape) -> None:
        """Raise ValueError unless a source has the shape that the node was made for."""
        if shape != wanted:
            raise ValueError(f"{self.kind} {self.name!r} reads a map of {shape}, not of {wanted}")
