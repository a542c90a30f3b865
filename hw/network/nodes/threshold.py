"""Threshold: the batch norm and sign behind a sum, as one integer comparison per channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Threshold(Node):
    """The bit ``acc >= threshold`` of every channel, or its complement.

    ``thresholds`` is int32 (channels,). Channels are those of the source, or several times as many:
    of two times, source channel m gives the channels 2m and 2m + 1. Behind a product of bound B, a
    threshold of -B is a channel that is always 1 and B + 1 one that is always 0.

    ``negated`` is bool (channels,), True where the bit is ``acc < threshold``: a negative gamma
    behind an integer map. Behind a product fold negates the weights instead. None of them is the
    default.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"thresholds": np.int32, "negated": np.bool_}

    thresholds: np.ndarray
    negated: np.ndarray = field(default=None)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        if self.negated is None:
            object.__setattr__(self, "negated", np.zeros(self.thresholds.shape, bool))
        if self.thresholds.ndim != 1:
            raise ValueError(f"{self.name}.thresholds has shape {self.thresholds.shape}, "
                             "expected one per channel")
        if self.negated.shape != self.thresholds.shape:
            raise ValueError(f"{self.name}.thresholds has shape {self.thresholds.shape}, expected "
                             f"that of {self.name}.negated, {self.negated.shape}")

    @property
    def does(self) -> str:
        return "sign"

    @property
    def channels(self) -> int:
        return len(self.thresholds)

    def shape(self, *sources: Shape) -> Shape:
        ((channels, height, width),) = sources
        if not self.channels or self.channels % channels:
            raise ValueError(f"{self.name}.thresholds has shape {self.thresholds.shape}, expected "
                             f"({channels},) or ({2 * channels},), or more times as many")
        return self.channels, height, width

    def arithmetic(self) -> Arithmetic:
        """From sums to bits, uint8 {0, 1}."""

        def compare(sums: np.ndarray) -> np.ndarray:
            copies = self.channels // sums.shape[-1]
            return ((sums.repeat(copies, -1) >= self.thresholds) ^ self.negated).astype(np.uint8)

        return compare

    def operations(self, *sources: Shape) -> Operations:
        channels, height, width = self.shape(*sources)
        return Operations(compare=channels * height * width)


NODE = Threshold
