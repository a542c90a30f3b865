"""Augmentation of training images, new in every epoch: small shifts and mirror images."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Moves(NamedTuple):
    """Moves of N images: ``down`` and ``right`` int64 (N, 1), ``mirrored`` bool (N, 1)."""

    down: Tensor
    right: Tensor
    mirrored: Tensor

    def of(self, span: slice) -> "Moves":
        """The moves of a slice of the images."""
        return Moves(*(each[span] for each in self))

    def to(self, device: torch.device) -> "Moves":
        return Moves(*(each.to(device) for each in self))


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random shifts and flips of images of bytes.

    Random numbers are drawn on the CPU and the images moved on their device, so that every device
    makes the same images of one seed.

    Parameters
    ----------
    shift : most pixels that an image moves in each direction; uncovered pixels become 0.
    flip : True mirrors half of the images left to right.
    """

    shift: int = 0
    flip: bool = False

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augmented images, uint8 (N, C, H, W), each with a shift and a flip of its own."""
        return self.move(images, self.draw(len(images), generator).to(images.device))

    def draw(self, count: int, generator: torch.Generator) -> Moves:
        """Random moves of ``count`` images, on the CPU."""
        down, right = (torch.randint(0, 2 * self.shift + 1, (count, 1), generator=generator)
                       for _ in range(2))
        chance = 0.5 if self.flip else 0.0
        return Moves(down, right, torch.rand(count, 1, generator=generator) < chance)

    def move(self, images: Tensor, moves: Moves) -> Tensor:
        """The images, uint8 (N, C, H, W), moved by the N ``moves``, on the device of both."""
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
