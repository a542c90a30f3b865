"""How many pixels a window's buffer holds so that no frame waits for the one before it."""

from hw.network.geometry import Geometry


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


def depth(geometry: Geometry) -> int:
    """Pixels of the buffer: `rows` of them, rounded up to a power of two for a plain counter."""
    return 1 << (rows(geometry) * geometry.width - 1).bit_length()
