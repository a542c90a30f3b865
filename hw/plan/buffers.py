"""How many pixels a window's buffer holds so that no frame waits for the one before it.

`bound` is exact for pixels that come evenly: with one less a frame takes longer, as simulation
confirms (`sim.test_buffers`). What is built is `depth`, whole rows and a power of two, as pixels
come in bursts: several at once from a raster, in every second row from a pool.
"""

from bisect import bisect_left
from functools import cache

import numpy as np

from hw.network.geometry import Geometry

LATE = 1
"""Cycles between the end of a row and a pixel in its room, and between a pixel and its reader:
registers in `hw.cores.positions`."""

FRAMES = 4
"""Of which the last shows what repeats for ever: no pixel waits for one two frames before it."""


def rows(geometry: Geometry) -> int:
    """Map rows that must fit at once for a window that never pauses between frames.

    Two demands. Inside a frame, the ``kernel`` rows being read and the ``stride`` rows that come
    next. Between frames, the rows the last output row still reads (and any the stride leaves
    over below it) and the rows the next frame's first output row needs.
    """
    (kernel, _), (stride, _), (padding, _) = geometry.kernel, geometry.stride, geometry.padding
    last = max((geometry.out_height - 1) * stride - padding, 0)
    held, first = geometry.height - last, min(kernel - padding, geometry.height)
    return min(max(kernel + stride, held + first), 2 * geometry.height)


@cache
def copies(geometry: Geometry, simd: int, pixels: int) -> int:
    """Memories of a window that reads ``simd`` inputs of ``pixels`` output pixels in a cycle.

    One for each tap of each pixel that is read together; what lies equally far from the first tap
    throughout shares one: neighbouring pixels need many of the same places.
    """
    together = max(simd // geometry.channels, 1)
    (height, width), stride = geometry.kernel, geometry.stride[1]
    taps = np.add.outer(np.arange(height) * geometry.width, np.arange(width))
    groups = taps.reshape(-1, together)
    reaches = (groups - groups[:, :1]).T
    return len(np.unique(np.concatenate([reaches + p * stride for p in range(pixels)]), axis=0))


@cache
def depth(geometry: Geometry, step: int, pixels: int = 1) -> int:
    """Pixels of the buffer: `rows` of them, and no less than the `bound`; rounded up to a power of
    two for a plain counter."""
    most = max(rows(geometry) * geometry.width, bound(geometry, step, pixels))
    return 1 << (most - 1).bit_length()


def bound(geometry: Geometry, step: int, pixels: int = 1) -> int:
    """The fewest pixels that a buffer must hold for the rate of a window that is offered a pixel
    every cycle and takes ``step`` cycles for every ``pixels`` output pixels.

    That rate is a frame in as many cycles as its pixels or its steps take, whichever are more; so
    either the reader or the writer may never wait. A row's pixels make room when it is done.
    """
    frame, needs, freed = _frames(geometry, pixels)
    found = [np.max(needs[:, -1] - freed)]  # else a row never ends
    if needs.size * step >= FRAMES * frame:
        found.append(_for_the_reader(needs, freed, step, int(max(found))))
    if needs.size * step <= FRAMES * frame:
        found.append(_for_the_writer(needs, freed, step))
    return int(max(found))


def _frames(geometry: Geometry, pixels: int) -> tuple[int, np.ndarray, np.ndarray]:
    """Pixels of a frame; of `FRAMES`, int64 (rows, steps), how many must have come before each step
    can be read, and, int64 (rows,), how many no row from each on reads."""
    height, width, (stride, across) = geometry.height, geometry.width, geometry.stride
    rows = np.arange(geometry.out_height) * stride - geometry.padding[0]
    columns = np.arange(pixels - 1, geometry.out_width, pixels) * across - geometry.padding[1]
    last = np.minimum(rows + geometry.kernel[0], height) - 1
    needs = last[:, None] * width + np.minimum(columns + geometry.kernel[1], width)
    freed = np.clip(rows, 0, height) * width
    freed[0] = 0
    frame = height * width
    firsts = frame * np.arange(FRAMES)
    return frame, np.concatenate(firsts[:, None, None] + needs), (firsts[:, None] + freed).ravel()


def _for_the_reader(needs: np.ndarray, freed: np.ndarray, step: int, least: int) -> int:
    """The reader begins a step every ``step`` cycles, at first with as many pixels as fit. No pixel
    that waits for the end of a row, or for others that do, may come too late."""
    starts = step * np.arange(needs.size).reshape(needs.shape)
    ends = np.append(starts[:, -1] + step + LATE, 0)
    number = np.arange(needs.max())

    def suffices(held: int) -> bool:
        row = np.searchsorted(freed, number - held, side="right")  # that it waits for the end of
        ready = np.where(number < held, -held, ends[row - 1])
        come = np.maximum.accumulate(ready - number) + number
        return bool(np.all(come[needs - 1] + 1 + LATE <= starts))

    return bisect_left(range(int(needs.max())), True, lo=least, key=suffices)


def _for_the_writer(needs: np.ndarray, freed: np.ndarray, step: int) -> int:
    """Pixel n comes in cycle n. A row ends at the latest when the buffer is full."""
    starts = step * np.arange(needs.size)
    starts += np.maximum.accumulate(needs.ravel() - starts)
    ends = starts.reshape(needs.shape)[:, -1] + step + 2 * LATE
    return int(np.max((ends - freed)[len(ends) // 2 :]))
