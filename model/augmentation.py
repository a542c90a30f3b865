"""Training images made anew for every epoch: small shifts and mirror images."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Moves(NamedTuple):
    """What each of N images does: ``down`` and ``right`` int64 (N, 1), ``mirrored`` bool (N, 1)."""

    down: Tensor
    right: Tensor
    mirrored: Tensor

    def of(self, span: slice) -> "Moves":
        """Those of some of the images."""
        return Moves(*(each[span] for each in self))

    def to(self, device: torch.device) -> "Moves":
        return Moves(*(each.to(device) for each in self))


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random shifts and flips of images of bytes.

    The dice are thrown on the CPU and the images moved where they lie, so that every device makes
    the same images of one seed.

    Parameters
    ----------
    shift : pixels an image may move each way; what it uncovers is byte 0.
    flip : whether half of the images are mirrored left to right.
    """

    shift: int = 0
    flip: bool = False

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """uint8 (N, C, H, W) to the same; every image draws its own shift and flip."""
        return self.move(images, self.draw(len(images), generator).to(images.device))

    def draw(self, count: int, generator: torch.Generator) -> Moves:
        """The moves of ``count`` images, on the CPU."""
        down, right = (torch.randint(0, 2 * self.shift + 1, (count, 1), generator=generator)
                       for _ in range(2))
        chance = 0.5 if self.flip else 0.0
        return Moves(down, right, torch.rand(count, 1, generator=generator) < chance)

    def move(self, images: Tensor, moves: Moves) -> Tensor:
        """uint8 (N, C, H, W) moved by the N ``moves``, on the device that holds both."""
        if not self.shift and not self.flip:
            return images
        count, channels, height, width = images.shape
        where = images.device
        padded = torch.nn.functional.pad(images, (self.shift,) * 4)
        rows = torch.arange(height, device=where) + moves.down
        columns = torch.arange(width, device=where).expand(count, -1)
        columns = torch.where(moves.mirrored, columns.flip(1), columns) + moves.right
        image = torch.arange(count, device=where)
        channel = torch.arange(channels, device=where)
        return padded[image[:, None, None, None], channel[:, None, None],
                      rows[:, None, :, None], columns[:, None, None, :]]
