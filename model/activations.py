"""Statistics of pre-activations and activations: spread, balance and histograms per channel."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from model.losses import moments
from model.networks import BinaryNetwork
from model.records import Sign

SHOWN = 256
"""Training images, from the first on, over which the statistics in a run's log are taken."""

DECILES = (0.1, 0.5, 0.9)
"""Quantiles over a layer's channels that the log has."""

Statistics = dict[str, dict[str, list[float]]]


@torch.no_grad()
def taps(network: BinaryNetwork, images: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
    """The input and output of every sign, with the name of the layer it reads, in evaluation mode.

    Both are float (N, C) or (N, C, H, W), for uint8 images (N, C, H, W) in one forward pass.
    """
    arch, before = network.arch, network.training
    pairs = [(read, record.name) for record in arch.layers
             if isinstance(record, Sign) and (read := arch.reads[record.name]) is not None]
    network.eval()
    try:
        outputs = network.stages(images.to(next(network.buffers()).device),
                              {name for pair in pairs for name in pair})
    finally:
        network.train(before)
    for read, name in pairs:
        yield read, outputs[read], outputs[name]


def deviation(tap: Tensor) -> Tensor:
    """Standard deviation (C,) of every channel over images and positions."""
    return moments(tap)[1]


def positive(bits: Tensor) -> Tensor:
    """Share (C,) of every channel's activations that are above zero."""
    return (bits > 0).float().mean([axis for axis in range(bits.dim()) if axis != 1])


def statistics(network: BinaryNetwork, images: Tensor) -> Statistics:
    """Statistics of every sign, by the layer that it reads.

    They are deciles 1, 5 and 9 over the channels: of the standard deviation of its input, and of
    the positive share of its output.
    """
    return {name: {"deviation": _deciles(deviation(tap)), "positive": _deciles(positive(bits))}
            for name, tap, bits in taps(network, images)}


def _deciles(values: Tensor) -> list[float]:
    deciles = torch.quantile(values.cpu(), torch.tensor(DECILES))
    return [round(value, 5) for value in deciles.tolist()]


def histograms(
    network: BinaryNetwork, images: Tensor, edges: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Histograms of every sign's input, with the name of the layer it reads.

    Counts (C, bins) between ``edges``; the first and the last bin are open.
    """
    for name, tap, _ in taps(network, images):
        rows = tap.movedim(1, 0).flatten(1).cpu().numpy()
        inside = np.clip(rows, edges[0], edges[-1])
        yield name, np.stack([np.histogram(row, edges)[0] for row in inside])
