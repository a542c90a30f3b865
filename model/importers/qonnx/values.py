"""The values of a tensor of a QONNX graph: what a record of the checkpoint gives, scaled and moved.

Scales, biases and batch norms between two layers are kept as ``slope * x + level`` in float64,
until a quantiser makes bits of them: then they decide thresholds, and nothing else.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from model.records import Shape
from model.refusal import Refusal

ONE, ZERO = np.float64(1), np.float64(0)


@dataclass(frozen=True, kw_only=True)
class Norm:
    """The parameters of a batch norm as a file has them, float32 (C,) each."""

    eps: float
    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Value:
    """The values ``slope * x + level`` of a tensor, where x are those of a record, or the image's.

    Parameters
    ----------
    source : name of the record; None is the image.
    kind : "bits" are +1 and -1, "sums" other integers, "real" neither.
    map : shape of what the record gives, (C, H, W) or (n,), its copies counted once.
    shape : shape of the tensor, with a batch of 1.
    slope, level : float64, of shapes that broadcast to ``shape``.
    bound : largest absolute x.
    order : which entry of the flat map each value is, int32 of ``shape``; None if in order.
    copies : number of the record's channels whose sum is one x.
    table : float32 (C or 1, 256), the x for each byte of an image's channel; for an image only.
    norm : the batch norm that slope and level are.
    low, high : bounds to which values are clamped before a quantiser.
    pool : kernel and stride of a max pool that is to follow the quantiser.
    averaged : whether the value is the mean of a whole map of x.
    pad : padding (rows, columns) around the map, and the value there.
    """

    source: str | None
    kind: Literal["image", "bits", "sums", "real"]
    map: Shape
    shape: tuple[int, ...]
    slope: np.ndarray = field(default_factory=lambda: np.array(ONE))
    level: np.ndarray = field(default_factory=lambda: np.array(ZERO))
    bound: int = 1
    order: np.ndarray | None = None
    copies: int = 1
    table: np.ndarray | None = None
    norm: Norm | None = None
    low: float = -math.inf
    high: float = math.inf
    pool: tuple[tuple[int, int], tuple[int, int]] | None = None
    averaged: bool = False
    pad: tuple[int, int, float] | None = None

    @property
    def channels(self) -> int:
        return self.map[0]

    @property
    def plain(self) -> bool:
        """Whether the tensor has the map's places: (1, C, H, W) or (1, n), in order."""
        return self.order is None and self.shape == (1, *self.map)

    @property
    def untouched(self) -> bool:
        """Whether the values are x itself."""
        return bool((self.slope == 1).all() and (self.level == 0).all())

    def uniform(self) -> float | None:
        """The slope, if all values have the same one."""
        first = self.slope.flat[0]
        return float(first) if (self.slope == first).all() else None

    def by_channel(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers (C,) of the channels of the map, for ``numbers`` of the tensor's values."""
        if numbers.size == 1:
            return np.full(self.channels, numbers.reshape(-1)[0])
        if (self.order is None and len(self.shape) == 4 and numbers.ndim == 4
                and numbers.size == numbers.shape[1] == self.channels):
            return numbers.reshape(-1)
        flat = np.broadcast_to(numbers, self.shape).reshape(-1)
        if self.order is not None:
            scattered = np.empty_like(flat)
            scattered[self.order.reshape(-1)] = flat
            flat = scattered
        rows = flat.reshape(self.channels, -1)
        if (rows != rows[:, :1]).any():
            raise Refusal("it has other numbers at other places of a channel; one for each channel,"
                          " or for all, is understood")
        return rows[:, 0]

    def changed(self, *, times: np.ndarray | float = 1.0, plus: np.ndarray | float = 0.0,
                norm: Norm | None = None) -> "Value":
        """The values multiplied by ``times``, and ``plus`` added."""
        return replace(self, slope=np.asarray(self.slope * times),
                       level=np.asarray(self.level * times + plus), norm=norm)

    def reshaped(self, shape: tuple[int, ...]) -> "Value":
        """The tensor in another shape, in the same order."""
        if shape[:1] != (1,) or len(shape) < 2:
            raise Refusal(f"makes {list(shape)} of {list(self.shape)}; the first extent has to stay"
                          " 1, the batch")
        if self.pad or self.pool:
            raise Refusal("padding and pools go before a quantiser or Conv; put this behind them")
        order = None if self.order is None else self.order.reshape(shape)
        return replace(self, shape=shape, order=order, slope=self._reshaped(self.slope, shape),
                       level=self._reshaped(self.level, shape))

    def transposed(self, axes: tuple[int, ...]) -> "Value":
        """The tensor with its axes in another order."""
        if sorted(axes) != list(range(len(self.shape))) or axes[0] != 0:
            raise Refusal(f"perm {list(axes)} of {list(self.shape)}; the first axis has to stay"
                          " first, the batch")
        if self.pad or self.pool:
            raise Refusal("padding and pools go before a quantiser or Conv; put this behind them")
        shape = tuple(self.shape[axis] for axis in axes)
        if self.source is None and self.untouched and self.plain and axes == (0, 3, 1, 2):
            # Images of [height, width, channels], which are read the other way round.
            return replace(self, map=shape[1:], shape=shape)
        order = self.order
        if order is None:
            order = np.arange(math.prod(shape), dtype=np.int32).reshape(self.shape)
        moved = np.transpose(order, axes)
        slope, level = (part if part.size == 1 else np.transpose(part, axes)
                        for part in (self.slope, self.level))
        return replace(self, shape=shape, order=moved, slope=slope, level=level)

    def _reshaped(self, part: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if part.size == 1:
            return part.reshape((1,) * len(shape))
        if (part.ndim == 4 and part.size == part.shape[1] and len(shape) == 4
                and shape[1] == part.shape[1]):
            return part
        return np.broadcast_to(part, self.shape).reshape(shape)
