"""Pool: a max-pool on bits, which is an OR or an AND."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hw.network.geometry import Geometry
from hw.network.nodes.node import Arithmetic, Node, Shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool(Node):
    """OR over the window, or AND where folding negated the channel.

    ``any_of`` is bool (channels,): True for OR. The geometry has no padding.
    """

    dtypes: ClassVar[Mapping[str, Any]] = {"any_of": np.bool_}

    geometry: Geometry
    any_of: np.ndarray

    def __post_init__(self) -> None:
        if self.any_of.shape != (self.geometry.channels,):
            raise ValueError(f"{self.name}.any_of has shape {self.any_of.shape}, "
                             f"expected ({self.geometry.channels},)")

    @property
    def does(self) -> str:
        return self.geometry.named("max-pool", self.geometry.kernel)

    def shape(self, *sources: Shape) -> Shape:
        (source,), geometry = sources, self.geometry
        self.require(source, (geometry.channels, geometry.height, geometry.width))
        return geometry.channels, geometry.out_height, geometry.out_width

    def arithmetic(self) -> Arithmetic:
        """From bits to bits; every bit of a window is looked at."""

        def pool(bits: np.ndarray) -> np.ndarray:
            geometry = self.geometry
            views = np.lib.stride_tricks.sliding_window_view(bits, geometry.kernel, axis=(1, 2))
            views = views[:, ::geometry.stride[0], ::geometry.stride[1]]
            return np.where(self.any_of, views.max(axis=(-2, -1)), views.min(axis=(-2, -1)))

        return pool

    def slides(self) -> Geometry:
        return self.geometry


NODE = Pool
