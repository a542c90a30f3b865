"""Training images made anew for every epoch: small shifts and mirror images."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random shifts and flips of images of bytes.

    Parameters
    ----------
    shift : pixels an image may move each way; what it uncovers is byte 0.
    flip : whether half of the images are mirrored left to right.
    """

    shift: int = 0
    flip: bool = False

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """uint8 (N, C, H, W) to the same; every image draws its own shift and flip."""
        if not self.shift and not self.flip:
            return images
        count, channels, height, width = images.shape
        padded = torch.nn.functional.pad(images, (self.shift,) * 4)
        rows = torch.arange(height) + self._draw(count, generator)
        columns = torch.arange(width).expand(count, -1)
        if self.flip:
            mirrored = torch.rand(count, 1, generator=generator) < 0.5
            columns = torch.where(mirrored, columns.flip(1), columns)
        columns = columns + self._draw(count, generator)
        image, channel = torch.arange(count), torch.arange(channels)
        return padded[image[:, None, None, None], channel[:, None, None],
                      rows[:, None, :, None], columns[:, None, None, :]]

    def _draw(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.randint(0, 2 * self.shift + 1, (count, 1), generator=generator)
