"""The role of each tensor of a network: the type it is stored in, and the values it may have."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.arch import Arch
from model.integers import EXACT
from model.records import Affine, BatchNorm, Product

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64)

OFFSET = 2**55
"""Largest offset of an affine: with the largest product beside it int64 does not overflow."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role such as binary weights, or a batch norm's variance.

    Parameters
    ----------
    stored : type in a checkpoint.
    write : what a user writes to get it, for the message.
    takes : types that are converted to it, if it has every value exactly.
    within : lowest and highest value, if there are such.
    """

    stored: torch.dtype
    write: str
    takes: tuple[torch.dtype, ...] = (*INTEGERS, *FLOATS)
    within: tuple[int, int] | None = None


BINARY = Role(stored=torch.int8, write="torch.where(tensor >= 0, 1, -1).to(torch.int8)")
NUMBER = Role(stored=torch.float32, write="tensor.float()")
REAL = Role(stored=torch.float32, write="tensor.float()", takes=FLOATS)
VARIANCE = Role(stored=torch.float32, write="tensor.float()", takes=FLOATS)
COUNT = Role(stored=torch.int64, write="tensor.long()")
MULTIPLIER = Role(stored=torch.int32, write="tensor.int()", within=(-2**31, 2**31 - 1))
OFFSETS = Role(stored=torch.int64, write="tensor.long()", within=(-OFFSET, OFFSET))


def roles(arch: Arch) -> dict[str, Role]:
    """The roles of a network's tensors; those that are missing here are a `NUMBER`."""
    found: dict[str, Role] = {}
    for record in arch.layers:
        name = record.name
        if isinstance(record, Product):
            found[f"{name}.weight"] = _weights(record)
        elif isinstance(record, BatchNorm):
            found |= {f"{name}.{key}": REAL for key in ("weight", "bias", "running_mean")}
            found |= {f"{name}.running_var": VARIANCE, f"{name}.num_batches_tracked": COUNT}
        elif isinstance(record, Affine):
            found |= {f"{name}.multiplier": MULTIPLIER, f"{name}.offset": OFFSETS}
    return found


def _weights(record: Product) -> Role:
    if record.weights != "integer":
        return BINARY if record.weights == "binary" else REAL
    reach = record.largest_weight
    return Role(stored=torch.int8, write="tensor.to(torch.int8)", within=(-reach, reach - 1))


def converted(tensor: Tensor, role: Role) -> Tensor | str:
    """A copy of a tensor in the type of its role, or the fault of its type or values."""
    what = str(tensor.dtype).removeprefix("torch.")
    if tensor.dtype not in role.takes:
        return f"{what} values; write {role.write}"
    if bad := int((~torch.isfinite(tensor)).sum()):
        return f"{bad} of {tensor.numel()} values are not finite"
    if role is BINARY and (other := int(((tensor != 1) & (tensor != -1)).sum())):
        return (f"{other} of {tensor.numel()} binary weights are neither +1 nor -1; write"
                f" {role.write}")
    if role is VARIANCE and bool((tensor < 0).any()):
        return "a variance is negative"
    if role.within is not None and (fault := _outside(tensor, *role.within)):
        return fault
    # Contiguous, and a copy: a view would keep the whole tensor that it is part of in memory.
    taken = tensor.to(role.stored, copy=True).contiguous()
    if other := int(_changed(tensor, taken).sum()):
        return (f"{other} of {tensor.numel()} {what} values are not exact in"
                f" {str(role.stored).removeprefix('torch.')}; write {role.write} and measure the"
                " network again")
    return taken


def _outside(tensor: Tensor, least: int, most: int) -> str | None:
    """The fault of values that are too small or too large, with the place of the first."""
    outside = (tensor.double() < least) | (tensor.double() > most)
    if not (count := int(outside.sum())):
        return None
    place = [int(each) for each in outside.nonzero()[0]]
    return (f"{count} of {tensor.numel()} values are not within {least} and {most}, the first"
            f" {tensor[tuple(place)].item()} at {place}; make it with model.quantise, or give the"
            " record more bits")


def _changed(before: Tensor, after: Tensor) -> Tensor:
    """Mask of the values that a conversion has changed."""
    if after.is_floating_point() and not before.is_floating_point():
        # Above it, float32 does not have every integer, nor does float64 in the end.
        return (before > EXACT) | (before < -EXACT)
    return after.double() != before.double()
