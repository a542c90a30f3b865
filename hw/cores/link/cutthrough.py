"""Frames of bytes that pass as they come, made whole where they break off."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class CutThrough(wiring.Component):
    """A frame of ``size`` bytes goes on byte by byte before anybody knows whether it is sound.

    The first byte of a frame decides: it ``entered`` if the frame before it was released and there
    is ``room``, and then all of it goes on; else it is dropped until the next ``keep`` or
    ``forget``, and ``lost`` says so. ``forget`` ends a frame that broke off: zeros follow until as
    many bytes as a frame has went out, so that who receives them never gets out of step. A frame
    that entered is ``busy`` until ``release``, and whoever releases it knows its end.

    ``i`` waits for ``o``, whose bytes come from flip-flops.

    Parameters
    ----------
    size : int
        Bytes of a frame, and the most that come.

    Members
    -------
    i : In(stream of unsigned(8))
    room : In(1)
    keep, forget : In(1)
        The frame's end; what it was.
    entered, lost : Out(1)
        What became of the frame that comes, from its first byte to its end.
    release : In(1)
    busy : Out(1)
    o : Out(stream of unsigned(8))
    """

    def __init__(self, *, size: int) -> None:
        if size < 1:
            raise ValueError(f"a frame of {size} bytes; it must have at least 1")
        self._size = size
        super().__init__({
            "i": In(stream.Signature(8)),
            "room": In(1),
            "keep": In(1),
            "forget": In(1),
            "entered": Out(1),
            "lost": Out(1),
            "release": In(1),
            "busy": Out(1),
            "o": Out(stream.Signature(8)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at, filling = Signal(range(self._size)), Signal()
        dropped, ready, passed = Signal(), Signal(), Signal()
        m.d.comb += [
            dropped.eq(~self.entered & (self.lost | self.busy | filling | ~self.room)),
            ready.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(dropped | ready),
            passed.eq(ready & (filling | (self.i.valid & ~dropped))),
        ]
        with m.If(self.release):
            m.d.sync += self.busy.eq(0)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(passed):
            m.d.sync += [self.o.valid.eq(1), self.o.p.eq(Mux(filling, 0, self.i.p))]
            m.d.sync += at.eq(at + 1)
            with m.If(at == self._size - 1):
                m.d.sync += [at.eq(0), filling.eq(0)]
        with m.If(self.i.valid & self.i.ready):
            with m.If(dropped):
                m.d.sync += self.lost.eq(1)
            with m.Else():
                m.d.sync += [self.entered.eq(1), self.busy.eq(1)]
        with m.If(self.keep | self.forget):
            m.d.sync += [self.entered.eq(0), self.lost.eq(0)]
        with m.If(self.forget & self.entered):
            m.d.sync += filling.eq(at != 0)
        return m
