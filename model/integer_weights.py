"""Integer weights in place of real ones, with a scale for each output channel of least error."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.draft import Draft, give
from model.records import Product
from model.scales import Form

STARTS = 64
"""Scales that are tried for a channel."""

REFITS = 2
"""Rounds in which weights are rounded to a scale and the scale is fitted to them."""

HELD = 2**22
"""Most weights that are rounded at once, some 32 MiB of float64 an array."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rounded:
    """``real = scale * integers`` as nearly as can be: float64 (out,), int8 (out, ...)."""

    scale: Tensor
    integers: Tensor


def integer_weights(draft: Draft, bits: int, *, odd: bool = False) -> list[str]:
    """Give every product with real weights integers of ``bits`` bits; returns their names.

    What reads the sums takes in the scales, as `model.draft.give` does. ``odd`` is as in `nearest`.
    """
    names = [layer.name for layer in draft.layers
             if isinstance(layer.record, Product) and layer.record.weights == "real"]
    for name in names:
        layer = draft.layer(name)
        real = draft.tensors[f"{name}.weight"].double()
        rounded = nearest(real, bits, odd=odd)
        bias = draft.tensors.get(f"{name}.bias", torch.zeros(len(real))).double()
        layer.record = layer.record.model_copy(update={"weights": "integer", "weight_bits": bits})
        draft.tensors[f"{name}.weight"] = rounded.integers
        give(draft, name, Form(rounded.scale, bias / rounded.scale))
    return names


def nearest(real: Tensor, bits: int, *, odd: bool = False) -> Rounded:
    """The integers within +-(2^(bits - 1) - 1), and the scale, of least squared error.

    With 2 bits they are -1, 0 and +1. The lowest number of two's complement is left out, so that a
    weight and its opposite are as near.

    The integers of a scale are the nearest; the scale of integers is ``<real, integers>`` over
    ``<integers, integers>``. From `STARTS` scales one goes to the other in turn, and the best of
    all is kept.

    Parameters
    ----------
    real : float64 (out, ...)
    odd : take odd integers alone, which hardware makes of ``bits - 1`` binary weights, where it
        takes ``bits + 1`` for all of them; a channel of zeros keeps its zeros.
    """
    rows = real.detach().flatten(1)
    parts = [_nearest(part, (1 << bits - 1) - 1, odd=odd)
             for part in rows.split(max(1, HELD // rows.shape[1]))]
    scale, integers = (torch.cat(each) for each in zip(*parts, strict=True))
    return Rounded(scale=scale, integers=integers.reshape(real.shape))


def _nearest(rows: Tensor, most: int, *, odd: bool) -> tuple[Tensor, Tensor]:
    """Scales (out,) and int8 (out, inputs) for some rows."""
    largest = rows.abs().amax(1, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)
    best = torch.zeros(len(rows), 1, dtype=torch.float64)
    scale, integers = largest / most, torch.zeros_like(rows)
    for start in range(1, STARTS + 1):
        # Denser where more of the weights are within the range, as many bits ask for.
        trial = largest * (1 - (1 - start / STARTS) ** 2) / most
        for _ in range(REFITS):
            steps = rows / trial
            rounded = 2 * (steps / 2).floor() + 1 if odd else steps.round()
            rounded = rounded.clamp(-most, most)
            along, size = (rows * rounded).sum(1, keepdim=True), rounded.square().sum(1, True)
            # All weights round to 0 with a scale that is too large: it says nothing of another.
            trial = torch.where(along > 0, along / size.clamp(min=1), trial)
        gained = along.square() / size.clamp(min=1)
        better = gained > best
        best, scale = torch.where(better, gained, best), torch.where(better, trial, scale)
        integers = torch.where(better, rounded, integers)
    return scale[:, 0], integers.to(torch.int8)
