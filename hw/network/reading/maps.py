"""Maps: the nodes that records make of one map of integers, another map of integers, by kind."""

from collections.abc import Callable, Mapping
from math import prod

from hw.network.nodes.clamp import Clamp
from hw.network.nodes.global_sum import GlobalSum
from hw.network.nodes.node import BITS, Node, Shape
from hw.network.nodes.subsample import Subsample
from hw.network.reading.integers import bounded
from hw.network.reading.pieces import MapPiece, Record
from hw.network.reading.problems import Problems

Sources = tuple[str, ...]


def clamp(record: Record, sources: Sources, shape: Shape, problems: Problems) -> Clamp | None:
    ends = record.get("low", -1.0), record.get("high", 1.0)
    if not all(float(end).is_integer() for end in ends):
        problems.say(record, "a clamp of integers between {:g} and {:g}".format(*ends),
                     "run python -m model.quantise, which makes integers of both")
        return None
    low, high = map(int, ends)
    return Clamp(name=record["name"], sources=sources, low=low, high=high)


def global_sum(record: Record, sources: Sources, shape: Shape, problems: Problems) -> GlobalSum:
    return GlobalSum(name=record["name"], sources=sources, positions=prod(shape[1:]))


def subsample(record: Record, sources: Sources, shape: Shape, problems: Problems) -> Subsample:
    rows, columns = map(int, record.get("stride", (2, 2)))
    return Subsample(name=record["name"], sources=sources, rows=rows, columns=columns,
                     before=record.get("before", 0), after=record.get("after", 0))


def affine(record: Record, sources: Sources, shape: Shape, problems: Problems) -> None:
    """Its multipliers and offsets are parameters, which are read when the network is folded."""


MAPS: Mapping[str, Callable[[Record, Sources, Shape, Problems], Node | None]] = {
    "affine": affine, "clamp": clamp, "global_sum": global_sum, "subsample": subsample,
}


def read(
    record: Record, source: str, shape: Shape, values: range, problems: Problems
) -> tuple[MapPiece, Shape, range]:
    """The piece of a record that reads a map of ``shape``, the shape of what it makes, and every
    number that this may hold, from those of the map."""
    sources = (source,)
    node = MAPS[record["kind"]](record, sources, shape, problems)
    piece = MapPiece(name=record["name"], sources=sources, record=record, node=node)
    if node is not None:
        made = node.values(values)
        if isinstance(node, GlobalSum):
            bounded(record, max(-made[0], made[-1]), "an affine of fewer bits before it", problems)
        return piece, node.shape(shape), made
    if record["kind"] == "affine":
        high = 1 << record["bits"] - 1
        return piece, shape, range(-high, high)
    return piece, shape, BITS
