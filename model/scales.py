"""Scales: a positive factor on a map, the layers that it passes through, and those that take it in.
"""

from typing import Any, NamedTuple

from torch import Tensor

Tensors = dict[str, Tensor]


class Form(NamedTuple):
    """``scale`` and ``shift`` of each channel of a map, float64 (C,)."""

    scale: Tensor
    shift: Tensor


MOVES = ("max_pool", "flatten", "duplicate", "global_average_pool")
"""Kinds of layers that a positive scale passes through."""


def absorb(tensors: Tensors, norm: Any, form: Form) -> None:
    """Change a batch norm's tensors so that it reads ``x`` in place of ``scale * (x + shift)``.

    The batch norm has C channels, the form C, or fewer where channels are read several times.
    """
    mean, variance, gamma = (tensors[f"{norm.name}.{key}"].double()
                             for key in ("running_mean", "running_var", "weight"))
    scale, shift = (each.repeat_interleave(len(mean) // len(each)) for each in form)
    smaller = variance / scale.square()
    gamma = gamma * scale * ((smaller + norm.eps) / (variance + norm.eps)).sqrt()
    for key, value in (("running_mean", mean / scale - shift), ("running_var", smaller),
                       ("weight", gamma)):
        tensors[f"{norm.name}.{key}"] = value.float()
