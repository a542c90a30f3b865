"""Affine: a sum of neighbouring channels times integers, shifted and saturated, as an integer map.

It is what fold makes of a batch norm that a sign does not follow, such as those of a residual
network's stream, and of the planes of weights that have more than one bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hw.network.nodes.node import Arithmetic, Node, Shape
from hw.network.nodes.operations import Operations


@dataclass(frozen=True, kw_only=True, eq=False)
class Affine(Node):
    """``y[c] = saturate((sum over j of multipliers[c, j] * x[J * c + j] + offsets[c]) >> shift)``.

    The shift rounds down; an offset with half a step in it makes it round to nearest.

    Parameters
    ----------
    multipliers : int32 array (channels, J)
        J neighbouring channels of the source make one.
    offsets : int64 array (channels,)
    shift : bits that are dropped, 0 and more.
    bits : bits of a result in two's complement; one that has more becomes the nearest that fits.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"multipliers": np.int32, "offsets": np.int64}

    multipliers: np.ndarray
    offsets: np.ndarray
    shift: int
    bits: int

    def __post_init__(self) -> None:
        if self.multipliers.ndim != 2 or self.offsets.shape != (len(self.multipliers),):
            raise ValueError(f"{self.name}.offsets has shape {self.offsets.shape} for multipliers "
                             f"of shape {self.multipliers.shape}")
        if self.shift < 0 or self.bits < 2:
            raise ValueError(f"{self.name}: a shift of {self.shift} and {self.bits} bits; give 0 "
                             "and 2 at least")

    @property
    def channels(self) -> int:
        return len(self.multipliers)

    @property
    def joined(self) -> int:
        """J, the channels of the source that make one."""
        return int(self.multipliers.shape[1])

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest result that does not saturate."""
        return -(1 << self.bits - 1), (1 << self.bits - 1) - 1

    def shape(self, *sources: Shape) -> Shape:
        ((_, height, width),) = sources
        self.require(sources[0], (self.channels * self.joined, height, width))
        return self.channels, height, width

    def values(self, *sources: range) -> range:
        """From what every sum may reach at most."""
        (source,) = sources
        ends = np.stack([self.multipliers.astype(np.int64) * end
                         for end in (source[0], source[-1])])
        lowest, highest = (int(each) for each in (
            (ends.min(axis=0).sum(axis=1) + self.offsets).min(),
            (ends.max(axis=0).sum(axis=1) + self.offsets).max()))
        low, high = (min(max(each >> self.shift, self.limits[0]), self.limits[1])
                     for each in (lowest, highest))
        return range(low, high + 1)

    def arithmetic(self) -> Arithmetic:
        """From integers to int32."""

        def affine(values: np.ndarray) -> np.ndarray:
            apart = values.astype(np.int64).reshape(*values.shape[:-1], *self.multipliers.shape)
            sums = (apart * self.multipliers).sum(axis=-1) + self.offsets
            return np.clip(sums >> self.shift, *self.limits).astype(np.int32)

        return affine

    def operations(self, *sources: Shape) -> Operations:
        channels, height, width = self.shape(*sources)
        each = channels * height * width
        return Operations(multiply=each * self.joined, add=each * self.joined)


NODE = Affine
