"""Scores: the end of a network, an affine map of each class's sum over the last map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores(Node):
    """``score[c] = multipliers[c] * (sum of acc[c] over positions) + offsets[c]``.

    Arrays are int64 (classes,). Without a batch norm they are 1 and 0.
    The argmax is PyTorch's. A float score of PyTorch is about ``score * scale``, unless slopes far
    apart left the scores only their order (`hw.network.scores`).
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"multipliers": np.int64, "offsets": np.int64}

    multipliers: np.ndarray
    offsets: np.ndarray
    scale: float

    def __post_init__(self) -> None:
        if self.multipliers.ndim != 1 or self.offsets.shape != self.multipliers.shape:
            raise ValueError(f"{self.name}.offsets has shape {self.offsets.shape}, expected that "
                             f"of its multipliers, {self.multipliers.shape}")

    @property
    def classes(self) -> int:
        return len(self.multipliers)

    def shape(self, *sources: Shape) -> Shape:
        ((channels, _, _),) = sources
        if channels != self.classes:
            raise ValueError(f"{self.name}.multipliers has shape {self.multipliers.shape}, "
                             f"expected ({channels},)")
        return self.classes, 1, 1

    def values(self, *sources: range) -> range:
        """Of the last map's single position; of more the sum is as many times as large."""
        (source,) = sources
        ends = [self.multipliers * end + self.offsets for end in (source[0], source[-1])]
        return range(int(np.min(ends)), int(np.max(ends)) + 1)

    def arithmetic(self) -> Arithmetic:
        """From sums to int64 scores (N, 1, 1, classes)."""

        def score(sums: np.ndarray) -> np.ndarray:
            whole = sums.sum(axis=(1, 2), dtype=np.int64, keepdims=True)
            return whole * self.multipliers + self.offsets

        return score

    def operations(self, *sources: Shape) -> Operations:
        """As the paper counts, which compares every output of the last convolution too."""
        ((channels, height, width),) = sources
        return Operations(compare=channels * height * width)


NODE = Scores
