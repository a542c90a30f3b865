"""What enters the signs of a network: spread, balance and histograms, channel by channel."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from model.losses import moments, tap_names
from model.networks import BinaryNetwork

SHOWN = 256
"""Training images, the first, over which a run's log has its statistics."""

DECILES = (0.1, 0.5, 0.9)
"""Of the channels: what the log keeps of a layer."""

Statistics = dict[str, dict[str, list[float]]]


@torch.no_grad()
def taps(network: BinaryNetwork, images: Tensor) -> dict[str, Tensor]:
    """What enters each sign, float (N, C) or (N, C, H, W) by name, in evaluation mode."""
    before = network.training
    network.eval()
    try:
        names = dict.fromkeys(tap_names(network))
        made = network.stages(images.to(next(network.buffers()).device), tuple(names))
        return {name: made[name].float() for name in names}
    finally:
        network.train(before)


def deviation(tap: Tensor) -> Tensor:
    """Standard deviation (C,) of every channel over images and places."""
    return moments(tap)[1]


def positive(tap: Tensor) -> Tensor:
    """Share (C,) of what is not below zero, and so becomes +1, of every channel."""
    return (tap >= 0).float().mean([axis for axis in range(tap.dim()) if axis != 1])


def statistics(network: BinaryNetwork, images: Tensor) -> Statistics:
    """Deciles 1, 5 and 9 over the channels of both, for each layer that enters a sign.

    Parameters
    ----------
    images : uint8 (N, C, H, W), all in one pass.
    """
    return {name: {"deviation": _deciles(deviation(tap)), "positive": _deciles(positive(tap))}
            for name, tap in taps(network, images).items()}


def _deciles(values: Tensor) -> list[float]:
    found = torch.quantile(values.cpu(), torch.tensor(DECILES))
    return [round(value, 5) for value in found.tolist()]


def histograms(
    network: BinaryNetwork, images: Tensor, edges: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """For each layer that enters a sign the counts (C, bins) between ``edges``, ends open."""
    for name, tap in taps(network, images).items():
        rows = tap.movedim(1, 0).flatten(1).cpu().numpy()
        inside = np.clip(rows, edges[0], edges[-1])
        yield name, np.stack([np.histogram(row, edges)[0] for row in inside])
