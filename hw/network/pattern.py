"""The pattern hardware understands: an arch as pieces, each of which becomes nodes, or every reason
why it cannot be.

A piece is a product, an affine or an add, all of which give integers; the bits behind one, by
batch norm, sign and pool or a threshold (`hw.network.reading.followers`); or the scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hw.network.reading.pieces import Piece, ProductPiece, ScoresPiece, ThresholdPiece
from hw.network.reading.walk import Walk, entered
from model.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """``inputs`` are the integers the first product reads, its padding included; ``pieces`` stand
    in an order in which each reads earlier ones, the scores last."""

    inputs: range
    pieces: tuple[Piece, ...]

    def __getitem__(self, name: str) -> Piece:
        """The piece of a name. KeyError if there is none."""
        return self._named[name]

    @cached_property
    def _named(self) -> dict[str, Piece]:
        return {piece.name: piece for piece in self.pieces}

    @property
    def bits(self) -> tuple[ThresholdPiece, ...]:
        """The pieces that give bits."""
        return tuple(piece for piece in self.pieces if isinstance(piece, ThresholdPiece))

    @property
    def scores(self) -> ScoresPiece:
        """The last piece."""
        last = self.pieces[-1]
        assert isinstance(last, ScoresPiece)
        return last

    def only(self, piece: Piece) -> ThresholdPiece | None:
        """The bits of a product's sums, where nothing else reads these."""
        readers = [each for each in self.pieces if piece.name in each.sources]
        alone = isinstance(piece, ProductPiece) and len(readers) == 1
        return readers[0] if alone and isinstance(readers[0], ThresholdPiece) else None

    def stem(self, piece: ThresholdPiece) -> str:
        """What the names of its nodes begin with: the product's where it has no other reader."""
        source = self[piece.sources[0]]
        return piece.name if self.only(source) is None else source.name

    @cached_property
    def nodes(self) -> Mapping[str, str]:
        """Node that gives a piece's map, by the piece's name."""
        return {piece.name: self._node(piece) for piece in self.pieces}

    def _node(self, piece: Piece) -> str:
        if isinstance(piece, ThresholdPiece):
            return f"{self.stem(piece)}.{'pool' if piece.pool else 'threshold'}"
        planes = isinstance(piece, ProductPiece) and piece.planes
        return f"{piece.name}.planes" if planes else piece.name


def problems(arch: Mapping[str, Any]) -> list[str]:
    """Everything in ``arch`` that hardware does not do, each as one line with what to change."""
    return _told(Walk(arch))


def pattern(arch: Mapping[str, Any]) -> Pattern:
    """Group the records of ``arch``. Raises `Refusal` with all its problems, a line each."""
    walk = Walk(arch)
    if found := _told(walk):
        title = [f"{len(found)} things hardware cannot do:"] if len(found) > 1 else []
        raise Refusal(*title, *found)
    return Pattern(inputs=entered(arch), pieces=tuple(walk.pieces.values()))


def _told(walk: Walk) -> list[str]:
    if not any(isinstance(piece, ProductPiece) for piece in walk.pieces.values()):
        return ["network: it has no conv or dense layer; add one whose sums are the scores"]
    return walk.problems.lines
