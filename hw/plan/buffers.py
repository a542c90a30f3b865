"""How many pixels a window's buffer holds so that no frame waits for the one before it."""

import numpy as np

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


def depth(geometry: Geometry) -> int:
    """Pixels of the buffer: `rows` of them, rounded up to a power of two for a plain counter."""
    return 1 << (rows(geometry) * geometry.width - 1).bit_length()
