"""Draft of a checkpoint: the records and tensors that an importer has read so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.checkpoint import Checkpoint
from model.importers.normalisation import Normalisation

EPS = 1e-5
"""PyTorch's of a batch norm, which a state dict does not tell."""


@dataclass(frozen=True, kw_only=True)
class Norm:
    """A batch norm: ``weight * (x - mean) / sqrt(variance + eps) + bias``, all float64 (C,)."""

    weight: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor
    eps: float = EPS

    @property
    def slope(self) -> Tensor:
        """What a step of 1 in x adds."""
        return self.weight / (self.variance + self.eps).sqrt()

    @property
    def constant(self) -> Tensor:
        """The value at x = 0."""
        return self.bias - self.mean * self.slope

    def reading(self, scale: Tensor | float, shift: Tensor | float = 0.0) -> "Norm":
        """The batch norm of ``y`` that gives what this one gives of ``x = scale * y + shift``."""
        return replace(self, weight=self.weight * scale, mean=(self.mean - shift) / scale)

    def followed(self, scale: Tensor | float, shift: Tensor | float = 0.0) -> "Norm":
        """The batch norm that gives ``scale * y + shift`` for the ``y`` of this one."""
        return replace(self, weight=self.weight * scale, bias=self.bias * scale + shift)

    def before_relu(self) -> "Norm":
        """The batch norm of ``x`` with the signs that this one gives of ``relu(x)``.

        Where relu's 0 is on the wrong side of the threshold, the sign is constant.
        """
        always = (self.weight > 0) & (self.constant >= 0)
        never = (self.weight < 0) & (self.constant < 0)
        constant = always.double() - never.double()
        moves = constant == 0
        return replace(self, weight=self.weight * moves,
                       bias=torch.where(moves, self.bias, constant))


@dataclass(kw_only=True)
class Draft:
    """Records and tensors in order; ``shape`` is that of the image."""

    shape: tuple[int, int, int]
    records: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def plain(self, kind: str, name: str, **fields: Any) -> None:
        """Add a layer without tensors."""
        self.records.append({"kind": kind, "name": name, **fields})

    def conv(self, name: str, weight: Tensor, bias: Tensor | None, *,
             stride: Sequence[int] = (1, 1), padding: Sequence[int] = (0, 0),
             pad: str = "zero", **fields: Any) -> None:
        """Add a convolution; weights (out, in, h, w) are binary if they are int8."""
        self.plain("conv", name, out=len(weight), kernel=list(weight.shape[2:]),
                   stride=list(stride), padding=list(padding), pad=pad if any(padding) else "none",
                   **fields)
        self._product(weight, bias)

    def dense(self, name: str, weight: Tensor, bias: Tensor | None, **fields: Any) -> None:
        """Add a dense layer; weights (out, in) are binary if they are int8."""
        self.plain("dense", name, out=len(weight), **fields)
        self._product(weight, bias)

    def norm(self, name: str, norm: Norm, **fields: Any) -> None:
        """Add a batch norm."""
        self.plain("batch_norm", name, eps=norm.eps, **fields)
        self.tensors |= {
            f"{name}.weight": norm.weight.float(), f"{name}.bias": norm.bias.float(),
            f"{name}.running_mean": norm.mean.float(), f"{name}.running_var": norm.variance.float(),
            f"{name}.num_batches_tracked": torch.tensor(0)}

    def checkpoint(self, form: str, path: Path, normalisation: Normalisation,
                   **training: Any) -> Checkpoint:
        """The checkpoint; classes are numbered. ``training`` is what else its user may ask for."""
        last = next(record for record in reversed(self.records) if "out" in record)
        return Checkpoint(
            method=form, state_dict=self.tensors, metrics={},
            arch={"input": {"shape": list(self.shape),
                            "table": normalisation.table(self.shape[0])}, "layers": self.records},
            classes=[str(number) for number in range(last["out"])],
            training={"importer": form, "source": path.name, "mean": list(normalisation.mean),
                      "std": list(normalisation.std), "scale_bits": normalisation.scale_bits,
                      **training})

    def _product(self, weight: Tensor, bias: Tensor | None) -> None:
        record = self.records[-1]
        binary = weight.dtype == torch.int8
        record |= {"bias": bias is not None, "weights": "binary" if binary else "real"}
        self.tensors[f"{record['name']}.weight"] = weight if binary else weight.float()
        if bias is not None:
            self.tensors[f"{record['name']}.bias"] = bias.float()
