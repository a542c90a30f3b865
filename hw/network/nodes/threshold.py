"""Threshold: the batch norm and sign behind a sum, as one integer comparison per channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Threshold(Node):
    """The bit ``acc >= threshold`` of every channel.

    ``thresholds`` is int32 (channels,). Channels are those of the source, or twice as many: then
    source channel m gives the channels 2m and 2m + 1. Behind a product of bound B, a threshold of
    -B is a channel that is always 1 and B + 1 one that is always 0.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"thresholds": np.int32}

    thresholds: np.ndarray

    def __post_init__(self) -> None:
        if self.thresholds.ndim != 1:
            raise ValueError(f"{self.name}.thresholds has shape {self.thresholds.shape}, "
                             "expected one per channel")

    @property
    def channels(self) -> int:
        return len(self.thresholds)

    def shape(self, *sources: Shape) -> Shape:
        ((channels, height, width),) = sources
        if self.channels not in (channels, 2 * channels):
            raise ValueError(f"{self.name}.thresholds has shape {self.thresholds.shape}, expected "
                             f"({channels},) or ({2 * channels},)")
        return self.channels, height, width

    def arithmetic(self) -> Arithmetic:
        """From sums to bits, uint8 {0, 1}."""

        def compare(sums: np.ndarray) -> np.ndarray:
            copies = self.channels // sums.shape[-1]
            return (sums.repeat(copies, -1) >= self.thresholds).astype(np.uint8)

        return compare

    def operations(self, *sources: Shape) -> Operations:
        channels, height, width = self.shape(*sources)
        return Operations(compare=channels * height * width)


NODE = Threshold
