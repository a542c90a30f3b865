"""Activation statistics: how often each channel of each sign is +1, counted in integers."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hw.network.network import Network
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from hw.plan.graph import layers

MOST = 256
"""Images that are counted at most: of more, the shares do not change by what a person would see."""

CHUNK = 32
"""Images whose maps are kept at once."""


@dataclass(frozen=True, kw_only=True)
class Activations:
    """The sign of one layer: its channels, and how often each was +1.

    Parameters
    ----------
    layer : str
    images : images that were counted.
    values : values of a channel in all of them.
    ones : those that were +1, of every channel.
    """

    layer: str
    images: int
    values: int
    ones: tuple[int, ...]

    @property
    def never(self) -> int:
        """Channels that were never +1."""
        return self.ones.count(0)

    @property
    def always(self) -> int:
        """Channels that were always +1."""
        return self.ones.count(self.values)

    @property
    def shares(self) -> list[float]:
        """The share of +1 of every channel, from the lowest to the highest."""
        return [count / self.values for count in sorted(self.ones)]

    @property
    def share(self) -> float:
        """The share of +1 of all channels."""
        return sum(self.ones) / (self.values * len(self.ones))


def gather(network: Network, images: np.ndarray) -> tuple[Activations, ...]:
    """Statistics of every sign, by the integer reference on the first `MOST` of uint8 images
    (N, C, H, W), in front of a pool where there is one."""
    signs = {node.name: layer.name for layer in layers(network) for node in layer.nodes
             if isinstance(node, Threshold)}
    ones = {name: np.zeros(network.shapes[name][0], np.int64) for name in signs}
    values, reference, counted = Counter[str](), Reference(network), images[:MOST]
    for start in range(0, len(counted), CHUNK):
        for name, bits in reference.trace(counted[start:start + CHUNK]).items():
            if name in signs:
                ones[name] += bits.sum(axis=(0, 2, 3), dtype=np.int64)
                values[name] += bits[:, 0].size
    return tuple(
        Activations(layer=layer, images=len(counted), values=values[name],
                    ones=tuple(map(int, ones[name])))
        for name, layer in signs.items()
    )
