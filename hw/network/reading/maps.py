"""Maps: what a record makes of one map of integers, by its kind: another map of integers."""

from collections.abc import Callable, Mapping
from math import prod

from hw.network.nodes.node import BITS, Shape
from hw.network.reading.integers import bounded
from hw.network.reading.pieces import Record
from hw.network.reading.problems import Problems

Made = tuple[Shape, range]
"""Shape of a map, and every number that it may hold."""


def affine(record: Record, shape: Shape, values: range, problems: Problems) -> Made:
    high = 1 << record["bits"] - 1
    return shape, range(-high, high)


def clamp(record: Record, shape: Shape, values: range, problems: Problems) -> Made:
    ends = record.get("low", -1.0), record.get("high", 1.0)
    if not all(float(end).is_integer() for end in ends):
        problems.say(record, "a clamp of integers between {:g} and {:g}".format(*ends),
                     "run python -m model.quantise, which makes integers of both")
        return shape, BITS
    low, high = (min(max(value, int(ends[0])), int(ends[1])) for value in (values[0], values[-1]))
    return shape, range(low, high + 1)


def global_sum(record: Record, shape: Shape, values: range, problems: Problems) -> Made:
    positions = prod(shape[1:])
    low, high = (positions * end for end in (values[0], values[-1]))
    bounded(record, max(-low, high), "an affine of fewer bits before it", problems)
    return (shape[0], 1, 1), range(low, high + 1)


def subsample(record: Record, shape: Shape, values: range, problems: Problems) -> Made:
    (rows, columns), before, after = strides(record), record.get("before", 0), record.get(
        "after", 0)
    channels, height, width = shape
    made = before + channels + after, -(-height // rows), -(-width // columns)
    return made, range(min(values[0], 0), max(values[-1], 0) + 1) if before + after else values


def strides(record: Record) -> tuple[int, int]:
    """Rows and columns of a subsample, of which one is taken."""
    rows, columns = record.get("stride", (2, 2))
    return int(rows), int(columns)


MAPS: Mapping[str, Callable[[Record, Shape, range, Problems], Made]] = {
    "affine": affine, "clamp": clamp, "global_sum": global_sum, "subsample": subsample,
}
