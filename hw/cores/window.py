"""The sliding window: pixels in raster order become the inputs of every dot product, in order."""

from collections.abc import Sequence
from typing import Literal

from amaranth import Module, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2


def window_layout(simd: int, element: int, classes: int) -> data.StructLayout:
    """Payload of a `Window` and of what reads it: ``data`` (input 0 lowest) and ``border``."""
    return data.StructLayout({
        "data": unsigned(simd * element),
        "border": unsigned(ceil_log2(classes)),
    })


class Window(wiring.Component):
    """Streams the kernel window of every output position out of a circular buffer of pixels.

    For each output position in raster order, ``passes`` times over, all ``kh * kw * channels``
    inputs in (ky, kx, channel) order, ``simd`` at a time. A beat each cycle while input is there
    and the output is taken: no gap between positions, rows or frames, and the next frame is
    written while the last one is still read. The first beat of a position leaves 3 cycles after
    the last pixel it needs was accepted.

    Pixel n (counted over all frames) lives at address ``n % depth``. A pixel is accepted while
    there is room; room returns when an output row is done and its topmost rows are not needed
    again, and the rest of a frame when its last output row is done.

    A dense layer is a kernel that covers its map; since its inputs then come in plain order, any
    factoring of the vector does, such as ``channels`` = the bits a beat of the layer before
    brings, ``height`` 1 and ``width`` = the number of such beats: no `Gather` is needed.

    Parameters
    ----------
    channels, element : int
        Elements of a pixel, and bits of an element.
    height, width : int
        The map, without its padding.
    kernel, stride, padding : (int, int)
        Vertical, horizontal. Padding is symmetric and below the kernel.
    pad_value : int
        What an element outside the map reads (the bit, or an integer of ``element`` bits).
    simd : int
        Inputs of a beat: divides ``channels``, or is ``channels * t`` with t dividing the taps.
    passes : int
        How often each window is repeated (output channels / PE).
    row_class, column_class : sequence of int
        Border class of every output row and column; the class of a position is
        ``row_class[y] * columns + column_class[x]`` with ``columns = max(column_class) + 1``.
        None is a single class.
    depth : int
        Pixels of the buffer, a power of two; None takes `window_depth`.
    home : "block" or "lut"
        Where the buffer lives; None takes what costs less.

    Members
    -------
    i : In(stream of unsigned(channels * element))
        A pixel, channel 0 lowest.
    o : Out(stream of window_layout(simd, element, classes))

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    def __init__(
        self,
        *,
        channels: int,
        height: int,
        width: int,
        kernel: tuple[int, int],
        simd: int,
        element: int = 1,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        pad_value: int = 0,
        passes: int = 1,
        row_class: Sequence[int] | None = None,
        column_class: Sequence[int] | None = None,
        depth: int | None = None,
        home: Literal["block", "lut"] | None = None,
    ) -> None:
        classes = (max(row_class or [0]) + 1) * (max(column_class or [0]) + 1)
        super().__init__({
            "i": In(stream.Signature(channels * element)),
            "o": Out(stream.Signature(window_layout(simd, element, classes))),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
