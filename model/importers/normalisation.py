"""Real input of networks that others trained, as the integers of an input table.

They were trained on ``x = (p/255 - mean) / std``, which no small integers are exactly. The table
has ``q = round(S x)`` with ``S = 2^scale_bits``, and the first layer's parameters are multiplied by
S, so that only the rounding of q is another.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model import tables
from model.checkpoint import Checkpoint
from model.layers import BinaryConv2d, BinaryLinear
from model.networks import BinaryNetwork
from model.refusal import Refusal

BATCH = 256

Reader = BinaryConv2d | BinaryLinear


@dataclass(frozen=True, kw_only=True)
class Normalisation:
    """What the training program did to a byte p: ``(p/255 - mean) / std``, channel by channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    scale_bits: int

    @property
    def scale(self) -> int:
        """S."""
        return 1 << self.scale_bits

    def table(self, channels: int) -> list[list[int]]:
        """The input table. Raises `Refusal` unless there is a mean and std for each channel."""
        if (len(self.mean), len(self.std)) != (channels, channels):
            raise Refusal(f"--mean has {len(self.mean)} numbers and --std {len(self.std)} for "
                          f"images of {channels} channels; give one for each")
        return [tables.normalised(mean, std, self.scale_bits)
                for mean, std in zip(self.mean, self.std, strict=True)]

    def real(self, images: Tensor) -> Tensor:
        """The real input, float64, of uint8 images (N, C, H, W)."""
        mean, std = (torch.tensor(each, dtype=torch.float64).view(-1, 1, 1)
                     for each in (self.mean, self.std))
        return (images.double() / 255 - mean) / std

    def differing(self, checkpoint: Checkpoint, images: np.ndarray) -> int:
        """Number of images, uint8 (N, C, H, W), that the network on real input puts into another
        class than the one with the table."""
        ours, real = checkpoint.module(), checkpoint.module()
        exact_table(real, self)
        with torch.no_grad():
            return sum(
                int((ours(batch).argmax(1) != real(batch).argmax(1)).sum())
                for batch in torch.from_numpy(images).split(BATCH)
            )


    @torch.no_grad()
    def zeros(self, checkpoint: Checkpoint, images: np.ndarray) -> tuple[int, int]:
        """How many of the numbers that signs read of these images are exactly 0, and all."""
        network = checkpoint.module()
        exact_table(network, self)
        reads = [network.arch.reads[record.name] for record in network.arch.layers
                 if record.kind == "sign"]
        names = [name for name in reads if name is not None]
        zeros = values = 0
        for batch in torch.from_numpy(images).split(BATCH):
            stages = network.stages(batch, only=names)
            zeros += sum(int((stages[name] == 0).sum()) for name in names)
            values += sum(stages[name].numel() for name in names)
        return zeros, values


def exact_table(network: BinaryNetwork, normalisation: Normalisation) -> None:
    """Let ``network`` read real input, not rounded to the integers of its table."""
    values = torch.arange(256).view(1, 1, -1).expand(len(normalisation.mean), 1, 256)
    exact = (normalisation.real(values) * normalisation.scale).flatten(1)
    first = next(each for each in network.products() if isinstance(each, Reader))
    network.get_submodule("_input").table = exact.to(first.weight.dtype)
    first.whole = False  # Sums of integers would be rounded to integers.


def needed(normalisation: Normalisation | None, path: Path) -> Normalisation:
    """The normalisation of the network in ``path``. Raises `Refusal` for None."""
    if normalisation is None:
        raise Refusal(f"{path}: does not tell how images were normalised; give --mean and --std of"
                      " p/255, a number for each channel, as the training program had them")
    return normalisation


def scaled(bias: Tensor, mean: Tensor, variance: Tensor, eps: float, scale: int) -> tuple[
        Tensor, Tensor, Tensor]:
    """Bias, running mean and running variance of a first layer whose input is ``scale`` times as
    large, for a batch norm with the same ``eps``: ``variance' + eps = S^2 (variance + eps)``."""
    wider = (variance.double() + eps) * scale**2 - eps
    return bias * scale, mean * scale, wider.float()
