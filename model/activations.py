"""What enters the signs of a network: spread, balance and histograms, channel by channel."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from model.losses import moments
from model.networks import BinaryNetwork
from model.records import Sign

SHOWN = 256
"""Training images, the first, over which a run's log has its statistics."""

DECILES = (0.1, 0.5, 0.9)
"""Of the channels: what the log keeps of a layer."""

Statistics = dict[str, dict[str, list[float]]]


@torch.no_grad()
def taps(network: BinaryNetwork, images: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Of each sign the layer it reads, what enters and what leaves it, in evaluation mode.

    Both float (N, C) or (N, C, H, W), for uint8 images (N, C, H, W) all in one pass.
    """
    arch, before = network.arch, network.training
    pairs = [(read, record.name) for record in arch.layers
             if isinstance(record, Sign) and (read := arch.reads[record.name]) is not None]
    network.eval()
    try:
        made = network.stages(images.to(next(network.buffers()).device),
                              {name for pair in pairs for name in pair})
    finally:
        network.train(before)
    for read, name in pairs:
        yield read, made[read], made[name]


def deviation(tap: Tensor) -> Tensor:
    """Standard deviation (C,) of every channel over images and places."""
    return moments(tap)[1]


def positive(bits: Tensor) -> Tensor:
    """Share (C,) of the activations above zero, of every channel."""
    return (bits > 0).float().mean([axis for axis in range(bits.dim()) if axis != 1])


def statistics(network: BinaryNetwork, images: Tensor) -> Statistics:
    """Deciles 1, 5 and 9 over the channels: deviation of what enters a sign, and positive share of
    what leaves it, by the layer that the sign reads."""
    return {name: {"deviation": _deciles(deviation(tap)), "positive": _deciles(positive(bits))}
            for name, tap, bits in taps(network, images)}


def _deciles(values: Tensor) -> list[float]:
    found = torch.quantile(values.cpu(), torch.tensor(DECILES))
    return [round(value, 5) for value in found.tolist()]


def histograms(
    network: BinaryNetwork, images: Tensor, edges: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """For each layer that enters a sign the counts (C, bins) between ``edges``, ends open."""
    for name, tap, _ in taps(network, images):
        rows = tap.movedim(1, 0).flatten(1).cpu().numpy()
        inside = np.clip(rows, edges[0], edges[-1])
        yield name, np.stack([np.histogram(row, edges)[0] for row in inside])
