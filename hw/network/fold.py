"""Fold: a checkpoint's floats become integers that give the same bits.

Every threshold is found exactly, then held against PyTorch's own float32 at the sums on both sides
of it. Where float32 rounds to the other side the threshold follows PyTorch, since that network was
measured; `Network.notes` says how often. PyTorch's batch norm rounds alike in every batch shape and
in the memory layouts its layers make (a test looks). A processor without fused multiply-add, or a
strided view that no layer makes, rounds in other places: notes count the channels where such a last
bit of rounding decides.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from hw.network.exact import Exact, exact
from hw.network.folding import bits, head, maps, planes
from hw.network.folding.parameters import Parameters
from hw.network.network import Network
from hw.network.nodes.add import Add
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.pattern import Pattern, pattern
from hw.network.reading.integers import padded
from hw.network.reading.pieces import (
    AddPiece,
    MapPiece,
    Piece,
    ProductPiece,
    ScoresPiece,
    ThresholdPiece,
)
from hw.network.thresholds import Decision
from model.arch import parse
from model.checkpoint import Checkpoint
from model.refusal import Refusal
from model.settled import completed


def fold(checkpoint: Checkpoint) -> Network:
    """Turn a trained network into integers.

    Raises
    ------
    Refusal
        Naming every layer hardware cannot do, or the layer whose parameters are unusable:
        not finite, a negative variance, weights equal to 0, overflowing float32.
    """
    folding = _Folding(checkpoint)
    classes = folding.pattern.scores.shape[0]
    if len(checkpoint.classes) != classes:
        raise Refusal(f"layer {folding.pattern.scores.sources[0]!r}: {classes} scores for "
                      f"{len(checkpoint.classes)} classes; name one class per score")
    for piece in folding.pattern.pieces:
        folding.add(piece)
    return Network(
        input_shape=tuple(folding.arch["input"]["shape"]),
        table=np.array(folding.arch["input"]["table"], np.int16),
        nodes=tuple(folding.nodes.values()), classes=tuple(checkpoint.classes),
        notes=tuple(folding.notes),
    )


def exact_scores(checkpoint: Checkpoint) -> Exact:
    """The scores of a network that folds, by the sums over its last integer map."""
    folding = _Folding(checkpoint)
    last = folding.pattern.scores
    return exact(folding.decision(last), prod(last.shape[1:]))


def pattern_of(checkpoint: Checkpoint) -> Pattern:
    """The pieces of a network that folds, and the nodes that give their maps."""
    return _Folding(checkpoint).pattern


class _Folding:
    """A folding in progress: the nodes so far, and every number that their maps may hold."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        complete, tensors = completed(parse(checkpoint.arch), checkpoint.state_dict)
        self.arch: dict[str, Any] = complete.plain()
        self.pattern: Pattern = pattern(self.arch)
        self.parameters = Parameters(
            {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()})
        self.nodes: dict[str, Node] = {}
        self.notes: list[str] = []
        self.values: dict[str, range] = {IMAGE: self.pattern.inputs}
        self._named: Mapping[str, str] = {IMAGE: IMAGE, **self.pattern.nodes}

    def add(self, piece: Piece) -> None:
        """Make the nodes of a piece whose sources have theirs."""
        for node in self._nodes(piece):
            self.nodes[node.name] = node
            self.values[node.name] = node.values(*(self.values[name] for name in node.sources))

    def decision(self, piece: ThresholdPiece | ScoresPiece) -> Decision:
        """What stands between the integers that a piece reads, and what it gives."""
        source = self.pattern[piece.sources[0]]
        product = source.record if isinstance(source, ProductPiece) else None
        if isinstance(piece, ScoresPiece):
            return self.parameters.decision(piece.batch_norm, None, piece.shape[0], 1, product)
        return self.parameters.decision(
            piece.batch_norm, piece.threshold, piece.channels, piece.copies, product)

    def _nodes(self, piece: Piece) -> Sequence[Node]:
        sources = tuple(self._named[name] for name in piece.sources)
        match piece:
            case ProductPiece():
                return self._product(piece, sources)
            case MapPiece():
                return [maps.node(piece, sources, self.parameters)]
            case AddPiece():
                return [Add(name=piece.name, sources=sources)]
            case ThresholdPiece() if self._named[piece.name] in self.nodes:
                return []  # It came with its product.
            case ThresholdPiece():
                return bits.of_integers(
                    sources[0], self.values[sources[0]], self.pattern.stem(piece), piece,
                    self.decision(piece), self.notes)
            case ScoresPiece():
                return [self._scores(piece, self.nodes[sources[0]])]
        raise AssertionError(piece)

    def _product(self, piece: ProductPiece, sources: tuple[str, ...]) -> Sequence[Node]:
        read = self.values[sources[0]]
        inputs = read if read == BITS else padded(read, piece.geometry.pad)
        weights = (self.parameters.integers if piece.planes else self.parameters.binary)(
            piece.record, piece.geometry)
        if piece.planes:
            return planes.nodes(piece.name, sources, piece.geometry, inputs, weights)
        product = Product(name=piece.name, sources=sources, geometry=piece.geometry,
                          weights=weights, inputs=inputs)
        if only := self.pattern.only(piece):
            return bits.of_product(product, only, self.decision(only), self.notes)
        return [product]

    def _scores(self, piece: ScoresPiece, last: Node) -> Scores:
        source, positions = self.pattern[piece.sources[0]], prod(piece.shape[1:])
        if isinstance(source, ProductPiece) and source.averaged and positions & positions - 1:
            self.notes.append(f"layer {source.name!r}: PyTorch rounds the averages over {positions}"
                              " positions that it reads, and with them its scores' last bits")
        return head.scores(last, self.values[last.name], positions, self.decision(piece),
                           source.name, self.notes)
