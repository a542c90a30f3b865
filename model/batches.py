"""A training set held where the network is, dealt in batches that every epoch makes anew."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from model.augmentation import Augmentation
from model.data import Images
from model.processes import ALONE, Processes


class Shard(NamedTuple):
    """The part of a batch that is normalised together.

    ``images`` uint8 (N, C, H, W), ``labels`` int64 (N,), ``share`` of the batch's images.
    """

    images: Tensor
    labels: Tensor
    share: float


class Batches:
    """Images held on the device.

    Order and moves of an epoch are drawn on the CPU from its own generator: they are the same on
    every device and in every process, whichever shards a process takes.

    Parameters
    ----------
    source : the set.
    batch : images of an update, over all processes.
    shards : parts of a batch, which `Processes.span` deals out.
    """

    def __init__(
        self, source: Images, device: torch.device, *, batch: int, augmentation: Augmentation,
        shards: int = 1, processes: Processes = ALONE,
    ) -> None:
        self.source, self.device = source, device
        self.batch, self.augmentation = batch, augmentation
        self.shards, self.processes = shards, processes
        self.images = torch.as_tensor(source.images).to(device)
        self.labels = torch.as_tensor(source.labels).to(device)

    def __len__(self) -> int:
        return len(self.source)

    def epoch(self, generator: torch.Generator) -> Iterator[tuple[int, list[Shard]]]:
        """For each batch how many images came before, and this process's shards of it."""
        order = torch.randperm(len(self), generator=generator).to(self.device)
        moves = self.augmentation.draw(len(self), generator).to(self.device)
        # A shard of one image has no variance to normalise by: such a last batch is left out.
        for start in range(0, len(self) - 2 * self.shards + 1, self.batch):
            spans = self._spans(start, min(start + self.batch, len(self)))
            yield start, [
                Shard(self.augmentation.move(self.images[order[span]], moves.of(span)),
                      self.labels[order[span]], share)
                for span, share in spans[self.processes.span(self.shards)]]

    def _spans(self, start: int, end: int) -> list[tuple[slice, float]]:
        """The shards of the batch from ``start``, and the share of its images that each has."""
        parts = [part.tolist() for part in torch.arange(start, end).tensor_split(self.shards)]
        return [(slice(part[0], part[-1] + 1), len(part) / (end - start)) for part in parts]

    def plain(self, generator: torch.Generator) -> Iterator[Tensor]:
        """Images of every batch, shuffled but not moved."""
        order = torch.randperm(len(self), generator=generator).to(self.device)
        for start in range(0, len(self) - 1, self.batch):
            yield self.images[order[start : start + self.batch]]
