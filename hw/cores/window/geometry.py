"""What a sliding kernel reads: rows and pixels that each output position needs, in integers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of a sliding kernel: ``size`` places, symmetric padding.

    A step of it is ``pixels`` outputs, which are read together; they divide the outputs.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    pixels: int = 1

    @property
    def outputs(self) -> int:
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def steps(self) -> int:
        return self.outputs // self.pixels

    @property
    def advance(self) -> int:
        """Places from a step to the next."""
        return self.stride * self.pixels

    def start(self, step: int) -> int:
        """First place under the kernel; negative in the padding."""
        return step * self.advance - self.padding

    def needs(self, step: int) -> int:
        """Places, counted from the first, that must be there before this step can be read."""
        return min(self.start(step) + self.advance - self.stride + self.kernel, self.size)

    def frees(self, step: int) -> int:
        """Places that no later step reads; all of them after the last."""
        if step == self.steps - 1:
            return self.size
        return min(max(self.start(step + 1), 0), self.size)

    def outside(self, step: int) -> tuple[bool, ...]:
        """For every pixel of the step, and every tap of it, whether it lies in the padding."""
        firsts = range(self.start(step), self.start(step) + self.advance, self.stride)
        return tuple(
            not 0 <= first + tap < self.size for first in firsts for tap in range(self.kernel)
        )


@dataclass(frozen=True, kw_only=True)
class WindowGeometry:
    """Both directions of a sliding kernel, and how many pixels must be held for it.

    ``rows`` go one by one; a position is a row and a step of columns, the pixels of which are
    read in ``turns``, as many at once in each.
    """

    rows: Axis
    columns: Axis
    turns: int = 1

    def needs(self, row: int, column: int) -> int:
        """Pixels of the frame that must be there before this position can be read."""
        return (self.rows.needs(row) - 1) * self.columns.size + self.columns.needs(column)

    @property
    def pixels(self) -> int:
        return self.rows.size * self.columns.size

    @property
    def taps(self) -> int:
        return self.rows.kernel * self.columns.kernel

    def reaches(self, together: int) -> list[tuple[int, ...]]:
        """For every pixel, and every tap of ``together`` that are read at once, how many pixels it
        lies after the first tap of the first pixel, in each place: of each group of taps as many as
        `places`, of which those beyond the turns are never asked for."""
        offsets = [
            y * self.columns.size + x
            for y in range(self.rows.kernel)
            for x in range(self.columns.kernel)
        ]
        at_once = self.columns.pixels // self.turns
        return [
            tuple(
                (first + min(turn, self.turns - 1) * at_once) * self.columns.stride + offset
                for offset in offsets[tap::together]
                for turn in range(self.places)
            )
            for first in range(at_once)
            for tap in range(together)
        ]

    @property
    def places(self) -> int:
        """The turns, to a power of two: an address of group and turn needs no multiplier."""
        return 1 << (self.turns - 1).bit_length()

    @property
    def least(self) -> int:
        """Pixels of a buffer below which some position waits for ever."""
        freed = [0, *(self.rows.frees(row) for row in range(self.rows.outputs - 1))]
        last = self.columns.steps - 1
        return max(self.needs(row, last) - gone * self.columns.size
                   for row, gone in enumerate(freed))

    @property
    def depth(self) -> int:
        """Pixels, a power of two, that hold the rows of any output row and of the next, also over
        the end of a frame; `hw.plan.buffers` knows the rate too, and gives more where needed."""
        last = self.rows.outputs - 1
        freed = [0, *(self.rows.frees(row) for row in range(last))]
        held = [self.rows.needs(row + 1) - freed[row] for row in range(last)]
        held.append(self.rows.size + self.rows.needs(0) - freed[last])
        return 1 << (max(held) * self.columns.size - 1).bit_length()
