"""The pixels that every position of a sliding window reads, frees and waits for."""

from dataclasses import dataclass, replace
from functools import cache

from hw.sliding import Axis


@dataclass(frozen=True, kw_only=True)
class WindowGeometry:
    """Both directions of a sliding kernel, and how many pixels must be held for it.

    ``rows`` go one by one; a position is a row and a step of columns, the pixels of which are
    read in ``reuse`` cycles, as many at once in each.
    """

    rows: Axis
    columns: Axis
    reuse: int = 1

    @classmethod
    def of(
        cls, *, height: int, width: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0), pixels: int = 1, reuse: int = 1,
    ) -> "WindowGeometry":  # fmt: skip
        """The geometry over a map, which reads ``pixels`` at once in each cycle of reuse."""
        down, across = (
            {"size": size, "kernel": taps, "stride": step, "padding": pad}
            for size, taps, step, pad in zip((height, width), kernel, stride, padding, strict=True)
        )
        return cls(rows=Axis(**down), columns=Axis(**across, pixels=pixels * reuse), reuse=reuse)

    def __post_init__(self) -> None:
        for name, axis in (("row", self.rows), ("column", self.columns)):
            if axis.padding >= axis.kernel or axis.outputs < 1:
                raise ValueError(
                    f"{name}s: a kernel of {axis.kernel} with padding {axis.padding} does not "
                    f"slide over {axis.size}"
                )
        pixels, outputs = self.columns.pixels, self.columns.outputs
        if pixels < 1 or outputs % pixels:
            raise ValueError(f"{pixels} pixels at once do not divide {outputs} columns")

    def needs(self, row: int, column: int) -> int:
        """Pixels of the frame that must be there before this position can be read."""
        return (self.rows.needs(row) - 1) * self.columns.size + self.columns.needs(column)

    @property
    def pixels(self) -> int:
        """Of the map."""
        return self.rows.size * self.columns.size

    @property
    def positions(self) -> int:
        """Output pixels of a frame."""
        return self.rows.outputs * self.columns.outputs

    @property
    def padded(self) -> bool:
        return self.rows.padding > 0 or self.columns.padding > 0

    @property
    def at_once(self) -> int:
        """Pixels of a position that are read in the same cycle."""
        return self.columns.pixels // self.reuse

    @property
    def taps(self) -> int:
        return self.rows.kernel * self.columns.kernel

    def reaches(self, together: int) -> list[tuple[int, ...]]:
        """For every pixel, and every tap of ``together`` that are read at once, how many pixels it
        lies after the first tap of the first pixel, in each place: of each group of taps as many as
        `places`, of which those beyond the reuse are never asked for."""
        offsets = [
            y * self.columns.size + x
            for y in range(self.rows.kernel)
            for x in range(self.columns.kernel)
        ]
        return [
            tuple(
                (first + min(use, self.reuse - 1) * self.at_once) * self.columns.stride + offset
                for offset in offsets[tap::together]
                for use in range(self.places)
            )
            for first in range(self.at_once)
            for tap in range(together)
        ]

    def memories(self, together: int) -> int:
        """Places that are read in a cycle, each from a memory of its own: what lies equally far
        from the first tap throughout is read once for several pixels."""
        return _memories(replace(self, columns=replace(self.columns, pixels=self.at_once), reuse=1),
                         together)

    @property
    def places(self) -> int:
        """The reuse, to a power of two: an address of group and use needs no multiplier."""
        return 1 << (self.reuse - 1).bit_length()

    @property
    def least(self) -> int:
        """Pixels of a buffer below which some position waits for ever."""
        freed = [0, *(self.rows.frees(row) for row in range(self.rows.outputs - 1))]
        last = self.columns.steps - 1
        return max(self.needs(row, last) - gone * self.columns.size
                   for row, gone in enumerate(freed))


@cache
def _memories(geometry: WindowGeometry, together: int) -> int:
    """Number of memories for a geometry without reuse, which would add the same to every reach."""
    return len(set(geometry.reaches(together)))
