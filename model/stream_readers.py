"""Readers of a residual stream in fixed point: each takes in the factor of the integers it reads.

Products, sums and averages of so many large integers that float32 would round them read them with
fewer bits, of an affine that drops the lowest.
"""

from math import prod

import torch
from torch import Tensor

from model.draft import Draft, Layer, give
from model.integers import EXACT
from model.records import (
    Affine,
    BatchNorm,
    Clamp,
    Conv,
    GlobalAveragePool,
    GlobalSum,
    Product,
    Threshold,
)
from model.refusal import Refusal
from model.scales import MOVES, Form, absorb

READ, SUMMED = 16, 24
"""Most bits of an integer that a product reads in hardware, and of one that is summed."""


@torch.no_grad()
def follow(draft: Draft, layer: Layer, factor: float) -> float | None:
    """Let a layer that is no batch norm of the stream take in the factor of what it reads; gives
    that of its own output, None if it has taken it in.

    Raises
    ------
    Refusal
        For a clamp between numbers that the factor makes no integers of, and for sums that are too
        large with any number of bits.
    """
    record, tensors = layer.record, draft.tensors
    if isinstance(record, BatchNorm):
        one = torch.ones(1, dtype=torch.float64)
        absorb(tensors, record, Form(one / factor, 0 * one))
    elif isinstance(record, Threshold):
        tensors[f"{record.name}.threshold"] *= factor
    elif isinstance(record, Product):
        inputs = draft.arch.shapes[str(layer.reads[0])][0]
        size = inputs * (prod(record.kernel) if isinstance(record, Conv) else 1)
        factor /= 1 << _narrowed(draft, layer, size * record.largest_weight, READ)
        bias = tensors.get(f"{record.name}.bias", torch.zeros(record.out)).double()
        give(draft, record.name, Form(torch.full_like(bias, 1 / factor), bias * factor))
    elif isinstance(record, Clamp):
        layer.record = _clamped(record, factor)
        return factor
    elif isinstance(record, GlobalAveragePool) and _summed(draft, layer):
        positions = prod(draft.arch.shapes[str(layer.reads[0])][1:])
        layer.record = GlobalSum(kind="global_sum", name=record.name)
        return factor * positions / (1 << _narrowed(draft, layer, positions, SUMMED))
    elif record.kind != "sign":
        return factor
    return None


def put(
    draft: Draft, layer: Layer, multipliers: Tensor, offsets: Tensor, *, shift: int, bits: int
) -> None:
    """Make an affine of a layer."""
    layer.record = Affine(kind="affine", name=layer.name, shift=shift, bits=bits)
    draft.tensors[f"{layer.name}.multiplier"] = multipliers.to(torch.int32)
    draft.tensors[f"{layer.name}.offset"] = offsets.long()


def _clamped(record: Clamp, factor: float) -> Clamp:
    ends = {"low": record.low * factor, "high": record.high * factor}
    made = record.model_copy(update=ends)
    if not made.whole:
        raise Refusal(f"layer {record.name!r}: clamps between {record.low:g} and {record.high:g},"
                      f" no multiples of 1/{factor:g}, which is the last bit of the stream; train"
                      " it with such")
    return made


def _summed(draft: Draft, average: Layer) -> bool:
    """True if nothing but signs is made of an average: of it hardware has the sum."""
    readers = draft.readers(average.name)
    return not readers.scores and not any(isinstance(each, Product) for each in readers.records)


def _narrowed(draft: Draft, layer: Layer, terms: int, most: int) -> int:
    """Let a layer read integers of few enough bits that its sums of ``terms`` of them are exact,
    and of ``most`` at most; gives the bits that they lose."""
    first = layer
    while draft.layer(str(first.reads[0])).record.kind in MOVES and _only(draft, first.reads[0]):
        first = draft.layer(str(first.reads[0]))
    read = first.reads[0]
    known = draft.arch.integers[str(read)]
    if known is None or (terms * known.largest < EXACT and known.largest < 1 << most - 1):
        return 0
    bits = most
    while bits and terms << bits - 1 >= EXACT:
        bits -= 1
    if bits < 2:
        raise Refusal(f"layer {layer.name!r}: sums {terms:,} times numbers of the stream, which"
                      " float32 does not hold exactly; put a sign before it, or quantise to fewer"
                      " --bits")
    dropped = 0
    while known.largest >> dropped > 1 << bits - 1:
        dropped += 1
    name = draft.fresh(layer.name, "narrow")
    draft.branch(Affine(kind="affine", name=name, shift=dropped, bits=bits), read, first)
    channels = draft.arch.shapes[name][0]
    put(draft, draft.layer(name), torch.ones(channels), torch.full((channels,), 1 << dropped >> 1),
        shift=dropped, bits=bits)
    return dropped


def _only(draft: Draft, name: str | None) -> bool:
    """True if one layer reads a map."""
    return sum(name in layer.reads for layer in draft.layers) == 1
