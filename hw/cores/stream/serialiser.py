"""Back to raster order: pixels that were made side by side go on one by one."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources

LATENCY = 1
"""Cycles from a beat of several pixels to the first of them."""


class Serialiser(wiring.Component):
    """A beat of several pixels becomes a beat for each of them, the lowest first.

    Takes the next beat with the last pixel of the one before: no gap, one pixel each cycle, and
    whoever makes the pixels goes on meanwhile. The first is valid one cycle after its beat was
    accepted. ``i.ready`` follows ``o.ready`` combinationally. Costs a flip-flop and a LUT4 for
    every bit held.

    Parameters
    ----------
    width : int
        Bits of a pixel.
    pixels : int
        Pixels of a beat, at least 2.

    Members
    -------
    i : In(stream of unsigned(pixels * width))
    o : Out(stream of unsigned(width))

    Raises
    ------
    ValueError
        ``width`` or ``pixels`` is too small.
    """

    def __init__(self, width: int, pixels: int) -> None:
        if width < 1 or pixels < 2:
            raise ValueError(
                f"{pixels} pixels of {width} bits: there must be at least 2, of at least 1 bit"
            )
        self._width, self._pixels = width, pixels
        super().__init__({
            "i": In(stream.Signature(pixels * width)),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = Signal(self._pixels * self._width, reset_less=True)
        waiting = Signal(self._pixels)  # which pixels of `word` are still to go: the low ones
        on, several = Signal(), waiting[1]
        m.d.comb += [
            self.o.payload.eq(word[: self._width]),
            self.o.valid.eq(waiting[0]),
            on.eq(self.o.ready | ~waiting[0]),
            self.i.ready.eq(on & ~several),
        ]
        # All that a wide word waits for: one that nobody offers is loaded as well, as is a last
        # pixel behind those that move down, and neither counts.
        with m.If(on):
            moved = Cat(word[self._width :], self.i.payload[-self._width :])
            offered = self.i.valid.replicate(self._pixels)
            m.d.sync += [
                word.eq(Mux(several, moved, self.i.payload)),
                waiting.eq(Mux(several, waiting >> 1, offered)),
            ]
        return m


def resources(width: int, pixels: int) -> Resources:
    """Cost of a `Serialiser`: a bit is taken or handed on, but in the last pixel only taken."""
    return Resources(lut=width * (pixels - 1) + pixels + 2, ff=pixels * (width + 1))
