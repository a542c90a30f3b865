"""Subsample: some rows and columns of an integer map, between channels of zeros: a residual
network's shortcut of type A."""

from dataclasses import dataclass

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Subsample(Node):
    """Every ``rows``-th row and ``columns``-th column, from the first; ``before`` channels of
    zeros stand before those of the source, ``after`` behind them."""

    rows: int
    columns: int
    before: int
    after: int

    def __post_init__(self) -> None:
        if min(self.rows, self.columns) < 1 or min(self.before, self.after) < 0:
            raise ValueError(f"{self.name}: every {self.rows} rows and {self.columns} columns, "
                             f"{self.before} and {self.after} channels more; give 1 and 0 at least")

    def shape(self, *sources: Shape) -> Shape:
        ((channels, height, width),) = sources
        return (self.before + channels + self.after,
                -(-height // self.rows), -(-width // self.columns))

    def values(self, *sources: range) -> range:
        (source,) = sources
        if not self.before + self.after:
            return source
        return range(min(source[0], 0), max(source[-1], 0) + 1)

    def arithmetic(self) -> Arithmetic:
        """From integers to int32."""

        def subsample(values: np.ndarray) -> np.ndarray:
            taken = values[:, :: self.rows, :: self.columns].astype(np.int32)
            return np.pad(taken, ((0, 0), (0, 0), (0, 0), (self.before, self.after)))

        return subsample


NODE = Subsample
