"""Maps of integers: which layers give them, and how large they may be."""

from math import prod
from typing import NamedTuple

from model.records import (
    TO_BITS,
    Add,
    Affine,
    AnyRecord,
    Clamp,
    Conv,
    GlobalSum,
    Product,
    Shape,
)

EXACT = 2**24
"""Largest integer up to which float32 is exact; sums of integers must stay below."""

KEEP_INTEGERS = ("max_pool", "flatten", "relu", "duplicate", "dropout", "subsample")
"""Kinds of layers whose output is no larger than their input, and integer for integer input."""


class Integers(NamedTuple):
    """The largest absolute value in a map of integers.

    ``sums`` says that they are of a product, unchanged: what reads them may be too large to be
    exact.
    """

    largest: int
    sums: bool = False


def integers(record: AnyRecord, shape: Shape, *reads: Integers | None) -> Integers | None:
    """What a layer gives that reads a map of ``shape``; None where that may be no integers.

    ``reads`` are what the layer reads, two of an `Add`.

    Raises
    ------
    ValueError
        For integers that float32 does not hold, and an `Affine` or `GlobalSum` that reads none.
    """
    if None in reads:
        if isinstance(record, Affine | GlobalSum):
            what = "an affine" if record.kind == "affine" else "a global_sum"
            raise ValueError(f"{what} computes with integers, and what it reads may be others;"
                             " put it behind a conv or dense without a bias, or an add of such")
        return Integers(1) if record.kind in TO_BITS else None
    known = [read for read in reads if read is not None]
    if isinstance(record, Product):
        return _sums(record, shape, known[0])
    if isinstance(record, Affine):
        return Integers(1 << record.bits - 1)
    if isinstance(record, Add):
        return _added(record, *known)
    if isinstance(record, Clamp):
        return _clamped(record, known[0])
    if isinstance(record, GlobalSum):
        return _summed(shape, known[0])
    if record.kind in TO_BITS:
        return Integers(1)
    return known[0] if record.kind in KEEP_INTEGERS else None


def _sums(record: Product, shape: Shape, read: Integers) -> Integers | None:
    size = shape[0] * (prod(record.kernel) if isinstance(record, Conv) else 1)
    largest = size * read.largest * record.largest_weight
    if record.weights == "real":
        return None
    if largest >= EXACT and read.sums:
        return None
    if largest >= EXACT:
        weights = "" if record.largest_weight == 1 else (
            f" and weights of up to {record.largest_weight}")
        raise ValueError(f"{size} inputs of up to {read.largest}{weights} can sum to 2^24 or more,"
                         " which float32 cannot hold exactly; use a smaller input table or kernel")
    return None if record.bias else Integers(largest, sums=True)


def _added(record: Add, one: Integers, other: Integers) -> Integers | None:
    largest, sums = one.largest + other.largest, one.sums or other.sums
    if largest >= EXACT and sums:
        return None
    if largest >= EXACT:
        raise ValueError(f"integers of up to {one.largest} and, of {record.source!r},"
                         f" {other.largest} can sum to 2^24 or more, which float32 cannot hold"
                         " exactly; give the affines before it fewer bits")
    return Integers(largest, sums=sums)


def _clamped(record: Clamp, read: Integers) -> Integers | None:
    """A clamp may lie on one side of 0: then nothing is smaller than its nearer end."""
    if not record.whole:
        return None
    ends = (min(max(end, record.low), record.high) for end in (-read.largest, read.largest))
    return Integers(int(max(map(abs, ends))))


def _summed(shape: Shape, read: Integers) -> Integers:
    positions = prod(shape[1:])
    if read.largest * positions >= EXACT:
        raise ValueError(f"{positions} integers of up to {read.largest} can sum to 2^24 or more,"
                         " which float32 cannot hold exactly; put an affine of fewer bits before"
                         " it")
    return Integers(read.largest * positions)
