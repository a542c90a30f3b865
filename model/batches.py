"""Batches of a training set that is kept on the network's device, in a new order every epoch."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from model.augmentation import Augmentation
from model.data import Images
from model.processes import ALONE, Processes


class Shard(NamedTuple):
    """A shard of a batch: images that are normalised together.

    ``images`` are uint8 (N, C, H, W), ``labels`` int64 (N,); ``share`` is N over the batch's size.
    """

    images: Tensor
    labels: Tensor
    share: float


class Batches:
    """A training set on a device, and its batches.

    Order and augmentation of an epoch are drawn on the CPU from the epoch's own generator: they are
    the same on every device and in every process, whichever shards a process has.

    Parameters
    ----------
    source : the training set.
    batch : images of an update, over all processes.
    shards : number of shards of a batch, which `Processes.span` distributes.
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
        """The batches of an epoch: the number of images before each, and this process's shards."""
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
        """The shards of the batch from ``start`` to ``end``, as slices, with each one's share."""
        shards = [shard.tolist() for shard in torch.arange(start, end).tensor_split(self.shards)]
        return [(slice(shard[0], shard[-1] + 1), len(shard) / (end - start)) for shard in shards]

    def plain(self, generator: torch.Generator) -> Iterator[Tensor]:
        """Images of every batch of an epoch, shuffled but not augmented."""
        order = torch.randperm(len(self), generator=generator).to(self.device)
        for start in range(0, len(self) - 1, self.batch):
            yield self.images[order[start : start + self.batch]]
