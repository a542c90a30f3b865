"""Builder of a checkpoint: the records, batch norms and tensors that an importer has read so far.
"""

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


def affine(scale: Tensor, shift: Tensor) -> Norm:
    """The batch norm ``scale * x + shift``."""
    zeros = torch.zeros_like(scale)
    return Norm(weight=scale, bias=shift, mean=zeros, variance=zeros + 1, eps=1e-12)


@dataclass(kw_only=True)
class Builder:
    """Layers in order; ``shape`` is that of the image.

    ``reads`` has the layer that each one reads, None for the image; ``norms`` are the batch norms,
    and ``tensors`` all else, int8 where weights are binary, otherwise float64.
    """

    shape: tuple[int, int, int]
    records: list[dict[str, Any]] = field(default_factory=list)
    reads: dict[str, str | None] = field(default_factory=dict)
    norms: dict[str, Norm] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    @property
    def last(self) -> str | None:
        """Name of the layer added last, None if there is none."""
        return self.records[-1]["name"] if self.records else None

    def plain(self, kind: str, name: str, **fields: Any) -> None:
        """Add a layer without tensors, which reads the one added last."""
        self.reads[name] = self.last
        self.records.append({"kind": kind, "name": name, **fields})

    def conv(self, name: str, weight: Tensor, bias: Tensor | None, *,
             stride: Sequence[int] = (1, 1), padding: Sequence[int] = (0, 0),
             pad: str = "zero") -> None:
        """Add a convolution; weights (out, in, h, w) are binary if they are int8."""
        self.plain("conv", name, out=len(weight), kernel=list(weight.shape[2:]),
                   stride=list(stride), padding=list(padding), pad=pad if any(padding) else "none")
        self._product(weight, bias)

    def dense(self, name: str, weight: Tensor, bias: Tensor | None) -> None:
        """Add a dense layer; weights (out, in) are binary if they are int8."""
        self.plain("dense", name, out=len(weight))
        self._product(weight, bias)

    def norm(self, name: str, norm: Norm) -> None:
        """Add a batch norm."""
        self.plain("batch_norm", name)
        self.norms[name] = norm

    def state(self) -> dict[str, Tensor]:
        """All tensors, in float64 where they are real."""
        return self.tensors | {
            f"{name}.{key}": value for name, norm in self.norms.items() for key, value in (
                ("weight", norm.weight), ("bias", norm.bias), ("running_mean", norm.mean),
                ("running_var", norm.variance), ("num_batches_tracked", torch.tensor(0)))}

    def arch(self, table: list[list[int]]) -> dict[str, Any]:
        """The arch; a layer that does not read the one before says what it reads."""
        layers, before = [], None
        for record in self.records:
            name = record["name"]
            made = dict(record)
            if name in self.norms:
                made["eps"] = self.norms[name].eps
            if self.reads[name] != before:
                made["from"] = self.reads[name]
            layers.append(made)
            before = name
        return {"input": {"shape": list(self.shape), "table": table}, "layers": layers}

    def checkpoint(self, form: str, path: Path, normalisation: Normalisation,
                   **training: Any) -> Checkpoint:
        """The checkpoint; classes are numbered. ``training`` is what else its user may ask for."""
        last = next(record for record in reversed(self.records) if "out" in record)
        return Checkpoint(
            method=form, metrics={}, arch=self.arch(normalisation.table(self.shape[0])),
            state_dict={key: value.float() if value.is_floating_point() else value
                        for key, value in self.state().items()},
            classes=[str(number) for number in range(last["out"])],
            training={"importer": form, "source": path.name, "mean": list(normalisation.mean),
                      "std": list(normalisation.std), "scale_bits": normalisation.scale_bits,
                      **training})

    def _product(self, weight: Tensor, bias: Tensor | None) -> None:
        record = self.records[-1]
        binary = weight.dtype == torch.int8
        record |= {"bias": bias is not None, "weights": "binary" if binary else "real"}
        self.tensors[f"{record['name']}.weight"] = weight if binary else weight.double()
        if bias is not None:
            self.tensors[f"{record['name']}.bias"] = bias.double()
