"""The pixels that every position of a sliding window reads, frees and waits for."""

from dataclasses import dataclass, replace
from functools import cache

from hw.sliding import Axis


@dataclass(frozen=True, kw_only=True)
class WindowGeometry:
    """Both directions of a sliding kernel, and how many pixels must be held for it.

    ``rows`` go one by one; a position is a row and a step of columns, the pixels of which are
    read in ``reuse`` cycles, as many at once in each. Pixels of the map come, and are kept, in
    words of ``beat`` side by side, with which a row and every position begin at the same place.
    """

    rows: Axis
    columns: Axis
    reuse: int = 1
    beat: int = 1

    @classmethod
    def of(
        cls, *, height: int, width: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0), pixels: int = 1, reuse: int = 1, beat: int = 1,
    ) -> "WindowGeometry":  # fmt: skip
        """The geometry over a map, which reads ``pixels`` at once in each cycle of reuse."""
        down, across = (
            {"size": size, "kernel": taps, "stride": step, "padding": pad}
            for size, taps, step, pad in zip((height, width), kernel, stride, padding, strict=True)
        )
        columns = Axis(**across, pixels=pixels * reuse)
        return cls(rows=Axis(**down), columns=columns, reuse=reuse, beat=beat)

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
        size, advance = self.columns.size, self.columns.advance * (self.columns.steps > 1)
        if self.beat < 1 or size % self.beat or advance % self.beat:
            raise ValueError(
                f"{self.beat} pixels a beat do not divide a row of {size}, or the {advance} "
                "columns from a position to the next"
            )

    @property
    def width(self) -> int:
        """Words of a row."""
        return self.columns.size // self.beat

    @property
    def words(self) -> int:
        """Words of the map."""
        return self.rows.size * self.width

    @property
    def advance(self) -> int:
        """Words from a position of a row to the next."""
        return self.columns.advance // self.beat

    def start(self, row: int) -> int:
        """The word of the map in which the first tap of a row's first position lies; negative in
        the padding."""
        return self.rows.start(row) * self.width + self.columns.start(0) // self.beat

    def reach(self, column: int) -> int:
        """Words of the last row that it reads that must be there before this position is."""
        return -(-self.columns.needs(column) // self.beat)

    def needs(self, row: int, column: int) -> int:
        """Words of the frame that must be there before this position can be read."""
        return (self.rows.needs(row) - 1) * self.width + self.reach(column)

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
        """For every pixel, and every tap of ``together`` that are read at once, how many words it
        lies after the first tap of the first pixel, in each place: of each group of taps as many as
        `places`, of which those beyond the reuse are never asked for."""
        return [tuple(pixel // self.beat for pixel in reach) for reach in self._reaches(together)]

    def turns(self, together: int) -> list[tuple[int, ...]]:
        """For each of `reaches` which pixel of its word it is."""
        return [tuple(pixel % self.beat for pixel in reach) for reach in self._reaches(together)]

    def _reaches(self, together: int) -> list[tuple[int, ...]]:
        """As `reaches`, but in pixels, from the first of the word in which that tap lies."""
        begin = self.columns.start(0) % self.beat
        offsets = [
            begin + y * self.columns.size + x
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
        return _different(self, together)[0]

    def sources(self, together: int) -> int:
        """Pixels of these places that are read in a cycle."""
        return _different(self, together)[1]

    def turning(self, together: int) -> int:
        """Taps read in a cycle that are not always the same pixel of their word."""
        return _different(self, together)[2]

    @property
    def places(self) -> int:
        """The reuse, to a power of two: an address of group and use needs no multiplier."""
        return 1 << (self.reuse - 1).bit_length()

    @property
    def least(self) -> int:
        """Words of a buffer below which some position waits for ever."""
        freed = [0, *(self.rows.frees(row) for row in range(self.rows.outputs - 1))]
        last = self.columns.steps - 1
        return max(self.needs(row, last) - gone * self.width for row, gone in enumerate(freed))


def _different(geometry: WindowGeometry, together: int) -> tuple[int, int, int]:
    """Numbers of different reaches, of different pixels, and of taps with a choice of a word's."""
    if geometry.beat == 1:  # reuse adds the same to every reach
        columns = replace(geometry.columns, pixels=geometry.at_once)
        geometry = replace(geometry, columns=columns, reuse=1)
    return _counted(geometry, together)


@cache
def _counted(geometry: WindowGeometry, together: int) -> tuple[int, int, int]:
    reaches, turns = geometry.reaches(together), geometry.turns(together)
    taps = set(zip(reaches, turns, strict=True))
    return len(set(reaches)), len(taps), sum(len(set(turn)) > 1 for _, turn in taps)
