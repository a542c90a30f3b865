"""The depth of a line buffer: the words it holds so that no frame waits for the one before it.

A word is here a pixel, or several side by side that come at once: of a pixel that comes in slices,
all of them. `bound` is exact for words that come evenly: with one less a frame takes longer, as
simulation confirms (`sim.test_buffers`). What is built is `depth`, whole rows and a power of two,
as they come in bursts: several at once from a raster, in every second row from a pool.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numpy as np

from hw.cores.window.geometry import WindowGeometry

LATE = 1
"""Cycles between the end of a row and a pixel in its room, and between a pixel and its reader:
registers in `hw.cores.window.positions`."""

FRAMES = 4
"""Of which the last shows what repeats for ever: no pixel waits for one two frames before it."""


def rows(geometry: WindowGeometry) -> int:
    """Map rows that must fit at once for a window that never pauses between frames.

    Two demands. Inside a frame, the ``kernel`` rows being read and the ``stride`` rows that come
    next. Between frames, the rows the last output row still reads (and any the stride leaves
    over below it) and the rows the next frame's first output row needs.
    """
    axis = geometry.rows
    capacity = axis.size - max(axis.start(axis.outputs - 1), 0)
    return min(max(axis.kernel + axis.stride, capacity + axis.needs(0)), 2 * axis.size)


@cache
def depth(geometry: WindowGeometry, step: int, each: int = 1) -> int:
    """Words of the buffer: `rows` of them, and no less than the `bound`; rounded up to a power of
    two for a plain counter.

    Found without the bound itself, which takes long for large maps.
    """
    frames = _frames(geometry, each)
    least = max(rows(geometry) * geometry.width, frames.least(step))
    capacity = 1 << (least - 1).bit_length()
    if frames.reader_decides(step):
        while not (frames.surely_suffices(capacity, step) or frames.suffices(capacity, step)):
            if capacity >= frames.words:
                break
            capacity *= 2
    return capacity


def bound(geometry: WindowGeometry, step: int, each: int = 1) -> int:
    """The fewest words that a buffer must hold for the rate of a window that is offered a word
    every ``each`` cycles, in which it comes, and takes ``step`` cycles for every position.

    That rate is a frame in as many cycles as its words or its steps take, whichever are more; so
    either the reader or the writer may never wait. A row's words make room when it is done.
    """
    frames = _frames(geometry, each)
    least = frames.least(step)
    if not frames.reader_decides(step):
        return least
    suffices = partial(frames.suffices, step=step)
    return bisect_left(range(frames.words), True, lo=least, key=suffices)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Frames:
    """The words that the steps of `FRAMES` frames need: step ``(row, column)`` can be read when
    ``firsts[row] + reaches[column]`` of them have come.

    Parameters
    ----------
    frame : words of a frame.
    each : cycles of a word.
    firsts, freed : int64 (rows,); how many words no row from each on reads.
    reaches : int64 (columns,), never falling.
    """

    frame: int
    each: int
    firsts: np.ndarray
    reaches: np.ndarray
    freed: np.ndarray

    @property
    def words(self) -> int:
        """That the last step needs."""
        return int(self.firsts.max() + self.reaches[-1])

    def reader_decides(self, step: int) -> bool:
        """The steps of a frame take as long as its words, or longer."""
        return self._steps * step >= FRAMES * self.frame * self.each

    def least(self, step: int) -> int:
        """Below this a row never ends, or the writer waits where it may not."""
        found = int(np.max(self.firsts + self.reaches[-1] - self.freed))
        if self._steps * step <= FRAMES * self.frame * self.each:
            found = max(found, self._for_the_writer(step))
        return found

    def surely_suffices(self, capacity: int, step: int) -> bool:
        """As `suffices`, but it may say no where that says yes: word n comes as late after its turn
        as the last one of its row."""
        row, each = step * len(self.reaches) * np.arange(len(self.firsts)), self.each
        ended = row + step * len(self.reaches) + LATE
        waits = np.maximum.accumulate(
            np.maximum(ended - each * (self.freed + capacity), -each * capacity)
        )
        ends = self.firsts + self.reaches[-1] - 1 - capacity
        last = np.searchsorted(self.freed, ends, side="right")
        late = np.where(last > 0, waits[last - 1], -each * capacity)
        return bool(np.all(late + each * self.firsts + self._longest(step) + LATE <= row))

    def suffices(self, capacity: int, step: int) -> bool:
        """The reader begins a step every ``step`` cycles, at first with as many words as fit. No
        word that waits for the end of a row, or for others that do, may come too late."""
        needs = self.firsts[:, None] + self.reaches
        starts = step * np.arange(needs.size).reshape(needs.shape)
        ends = np.append(starts[:, -1] + step + LATE, 0)
        number = np.arange(self.words)
        row = np.searchsorted(self.freed, number - capacity, side="right")  # whose end it waits for
        ready = np.where(number < capacity, -self.each * capacity, ends[row - 1])
        turn = self.each * number
        come = np.maximum.accumulate(ready - turn) + turn + self.each  # a cycle after its last part
        return bool(np.all(come[needs - 1] + LATE <= starts))

    def _for_the_writer(self, step: int) -> int:
        """Words come one after the other. A row ends at the latest when the buffer is full."""
        columns = len(self.reaches)
        row = step * columns * np.arange(len(self.firsts))
        delays = np.maximum.accumulate(self.each * self.firsts - row) + self._longest(step)
        ends = row + step * (columns - 1) + delays + step + 2 * LATE
        return int(np.max((-(-ends // self.each) - self.freed)[len(ends) // 2 :]))

    def _longest(self, step: int) -> int:
        """By how many cycles the words of a row are ahead of its steps, at most."""
        return int(np.max(self.each * self.reaches - step * np.arange(len(self.reaches))))

    @property
    def _steps(self) -> int:
        return len(self.firsts) * len(self.reaches)


@lru_cache(maxsize=64)
def _frames(geometry: WindowGeometry, each: int) -> _Frames:
    rows, columns = geometry.rows, geometry.columns
    freed = [0, *map(rows.frees, range(rows.outputs - 1))]
    needs = [rows.needs(row) - 1 for row in range(rows.outputs)]
    before = geometry.words * np.arange(FRAMES)[:, None]
    return _Frames(
        frame=geometry.words,
        each=each,
        firsts=(before + np.array(needs) * geometry.width).ravel(),
        reaches=np.array([geometry.reach(step) for step in range(columns.steps)]),
        freed=(before + np.array(freed) * geometry.width).ravel(),
    )
