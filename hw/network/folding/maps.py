"""Maps: the nodes that make a map of integers of one other."""

from collections.abc import Callable, Mapping
from math import prod

from hw.network.folding.parameters import Parameters
from hw.network.nodes.affine import Affine
from hw.network.nodes.clamp import Clamp
from hw.network.nodes.global_sum import GlobalSum
from hw.network.nodes.node import Node
from hw.network.nodes.subsample import Subsample
from hw.network.reading.maps import strides
from hw.network.reading.pieces import MapPiece

Sources = tuple[str, ...]


def _affine(piece: MapPiece, sources: Sources, parameters: Parameters) -> Affine:
    record = piece.record
    return Affine(name=piece.name, sources=sources, shift=record["shift"], bits=record["bits"],
                  multipliers=parameters.whole(piece.name, "multiplier")[:, None],
                  offsets=parameters.whole(piece.name, "offset"))


def _clamp(piece: MapPiece, sources: Sources, parameters: Parameters) -> Clamp:
    low, high = (int(piece.record[end]) for end in ("low", "high"))
    return Clamp(name=piece.name, sources=sources, low=low, high=high)


def _global_sum(piece: MapPiece, sources: Sources, parameters: Parameters) -> GlobalSum:
    return GlobalSum(name=piece.name, sources=sources, positions=prod(piece.shape[1:]))


def _subsample(piece: MapPiece, sources: Sources, parameters: Parameters) -> Subsample:
    rows, columns = strides(piece.record)
    return Subsample(name=piece.name, sources=sources, rows=rows, columns=columns,
                     before=piece.record["before"], after=piece.record["after"])


_KINDS: Mapping[str, Callable[[MapPiece, Sources, Parameters], Node]] = {
    "affine": _affine, "clamp": _clamp, "global_sum": _global_sum, "subsample": _subsample,
}


def node(piece: MapPiece, sources: Sources, parameters: Parameters) -> Node:
    """The node of a piece that reads the node ``sources``."""
    return _KINDS[piece.record["kind"]](piece, sources, parameters)
