"""Pieces: the records of an arch in groups, each of which becomes nodes of a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hw.network.geometry import Geometry
from hw.network.nodes.node import Node, Shape

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """``name`` is that of the record whose output has the values of the piece's map; ``sources``
    are the names of the pieces that it reads, or `IMAGE`."""

    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProductPiece(Piece):
    """A convolution or dense layer.

    ``averaged`` says that it reads the mean over the map. Its geometry is then that of a 1 x 1
    kernel over the whole map, whose sums are averaged in its place.
    """

    record: Record
    geometry: Geometry
    averaged: bool

    @property
    def planes(self) -> bool:
        """True if its weights have several bits each."""
        return bool(self.record.get("weights") == "integer")


@dataclass(frozen=True, kw_only=True)
class MapPiece(Piece):
    """An integer map made of one other: by a node that the record alone tells, or by parameters."""

    record: Record
    node: Node | None


@dataclass(frozen=True, kw_only=True)
class AddPiece(Piece):
    """The sum of two integer maps."""


@dataclass(frozen=True, kw_only=True)
class ThresholdPiece(Piece):
    """Everything between an integer map and bits that some layer reads.

    ``channels`` are those of the integer map, and each has ``copies`` thresholds. ``pool_first``
    says that the pool reads integers, before any threshold.
    """

    channels: int
    copies: int
    batch_norm: Record | None
    threshold: Record | None
    pool: Geometry | None
    pool_first: bool


@dataclass(frozen=True, kw_only=True)
class ScoresPiece(Piece):
    """The end: a batch norm, if there is one, over the average of an integer map of ``shape``."""

    shape: Shape
    batch_norm: Record | None
