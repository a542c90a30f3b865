"""Maps: the nodes that make a map of integers of one other."""

from dataclasses import replace

from hw.network.folding.parameters import Parameters
from hw.network.nodes.affine import Affine
from hw.network.nodes.node import Node
from hw.network.reading.pieces import MapPiece


def node(piece: MapPiece, sources: tuple[str, ...], parameters: Parameters) -> Node:
    """The node of a piece that reads the node ``sources``."""
    if piece.node is not None:
        return replace(piece.node, sources=sources)
    record = piece.record
    return Affine(name=piece.name, sources=sources, shift=record["shift"], bits=record["bits"],
                  multipliers=parameters.whole(piece.name, "multiplier")[:, None],
                  offsets=parameters.whole(piece.name, "offset"))
