"""Sliding geometry of a kernel: sizes, taps, and the classes of its border positions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from hw.sliding import Axis

Pad = Literal["none", "zero", "-1", "+1"]


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """A (kh, kw) kernel that steps over a (channels, height, width) map.

    Padding is symmetric and belongs to the layer: ``pad`` says what a tap outside the map reads.
    On a map of bits ``zero`` is a tap that does not count, so the sum depends on which taps are
    inside. Output positions with the same inside taps form one *border class*: a padded 3x3 has 9.
    """

    channels: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    pad: Pad = "none"

    @property
    def rows(self) -> Axis:
        """The kernel's way down."""
        return self._axis(self.height, 0)

    @property
    def columns(self) -> Axis:
        """The kernel's way across."""
        return self._axis(self.width, 1)

    def _axis(self, size: int, axis: int) -> Axis:
        return Axis(
            size=size, kernel=self.kernel[axis], stride=self.stride[axis],
            padding=self.padding[axis],
        )  # fmt: skip

    @cached_property
    def out_height(self) -> int:
        return self.rows.outputs

    @cached_property
    def out_width(self) -> int:
        return self.columns.outputs

    @property
    def positions(self) -> int:
        """Output positions of one frame."""
        return self.out_height * self.out_width

    @property
    def taps(self) -> int:
        return self.kernel[0] * self.kernel[1]

    @property
    def size(self) -> int:
        """Inputs of one dot product (MW)."""
        return self.taps * self.channels

    @property
    def whole(self) -> bool:
        """True if the kernel reads its whole map at once, without padding."""
        return self.kernel == (self.height, self.width) and not any(self.padding)

    def named(self, operation: str, usual: tuple[int, int]) -> str:
        """An operation with its kernel, and its stride unless that is the usual one, as in
        "3x3 convolution, stride 2"."""
        text = f"{'x'.join(map(str, self.kernel))} {operation}"
        strides = "x".join(map(str, dict.fromkeys(self.stride)))
        return text if self.stride == usual else f"{text}, stride {strides}"

    @cached_property
    def row_classes(self) -> tuple[tuple[int, ...], tuple[tuple[bool, ...], ...]]:
        """Class of every output row, and for every class which kernel rows lie inside the map."""
        return _classes(self.rows)

    @cached_property
    def column_classes(self) -> tuple[tuple[int, ...], tuple[tuple[bool, ...], ...]]:
        """Class of every output column, and for every class which kernel columns lie inside."""
        return _classes(self.columns)

    @cached_property
    def inside(self) -> np.ndarray:
        """bool (classes, kh, kw): the taps inside the map.

        A class is its row class times the number of column classes, plus its column class.
        """
        rows = np.array(self.row_classes[1], bool)
        columns = np.array(self.column_classes[1], bool)
        both = rows[:, None, :, None] & columns[None, :, None, :]
        return both.reshape(-1, *self.kernel)

    @cached_property
    def border(self) -> np.ndarray:
        """int (out_height, out_width): the border class of every output position."""
        rows, columns = np.array(self.row_classes[0]), np.array(self.column_classes[0])
        return rows[:, None] * len(self.column_classes[1]) + columns[None, :]


def _classes(axis: Axis) -> tuple[tuple[int, ...], tuple[tuple[bool, ...], ...]]:
    known: dict[tuple[bool, ...], int] = {}
    of_position = []
    for step in range(axis.steps):
        inside = tuple(not outside for outside in axis.outside(step))
        of_position.append(known.setdefault(inside, len(known)))
    return tuple(of_position), tuple(known)
