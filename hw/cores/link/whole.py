"""Frames of marked beats made whole: each is as long as it has to be, with a verdict behind it."""

from amaranth import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.fabric.counter import counter


def marked(width: int) -> data.StructLayout:
    """Payload of a stream of beats of ``width`` bits whose frames end with a mark."""
    return data.StructLayout({"data": width, "last": 1})


class WholeFrames(wiring.Component):
    """Of every frame that comes ``beats`` beats go on, whatever its mark says.

    A frame is good if its last beat alone is marked. One whose mark comes early is filled up with
    zeros, for which ``i`` waits; of one whose mark comes late the rest is dropped, up to the beat
    with the mark. So who receives the beats never gets out of step. The verdict on a frame, 1 for
    a good one, is given in the cycle after its last beat, which waits until the one before is
    taken.

    A beat each cycle, no latency. ``i.ready`` and ``o.valid`` follow ``o.ready``, ``i.valid`` and
    ``verdict.ready`` combinationally; a verdict comes from flip-flops.

    Parameters
    ----------
    width : int
        Bits of a beat.
    beats : int
        Beats of a frame, at least 1.

    Members
    -------
    i : In(stream of marked(width))
    o : Out(stream of unsigned(width))
    verdict : Out(stream of unsigned(1))
    began, good, bad : Out(1)
        In this cycle: the first beat of a frame goes on; a frame's last one does, and it is good;
        a frame shows itself to be bad.

    Raises
    ------
    ValueError
        ``beats`` is below 1.
    """

    def __init__(self, *, width: int, beats: int) -> None:
        if beats < 1:
            raise ValueError(f"a frame of {beats} beats; it must have at least 1")
        self._beats = beats
        super().__init__({
            "i": In(stream.Signature(marked(width))),
            "o": Out(stream.Signature(width)),
            "verdict": Out(stream.Signature(1)),
            "began": Out(1),
            "good": Out(1),
            "bad": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        filling, dropping, started = Signal(), Signal(), Signal()
        comes, goes, room, sound = Signal(), Signal(), Signal(), Signal()
        at = counter(m, "at", goes, self._beats)
        m.d.comb += [
            comes.eq(filling | (self.i.valid & ~dropping)),
            room.eq(~at.last | ~self.verdict.valid | self.verdict.ready),
            self.o.valid.eq(comes & room),
            self.i.ready.eq(dropping | (~filling & self.o.ready & room)),
            goes.eq(self.o.valid & self.o.ready),
            sound.eq(~filling & self.i.p.last),
            self.began.eq(goes & ~started),
            self.good.eq(goes & at.last & sound),
        ]
        with m.If(~filling):
            m.d.comb += self.o.p.eq(self.i.p.data)
        with m.If(self.verdict.ready):
            m.d.sync += self.verdict.valid.eq(0)
        with m.If(goes & at.last):
            m.d.sync += [self.verdict.valid.eq(1), self.verdict.p.eq(sound)]
        with m.If(goes):
            m.d.sync += started.eq(~at.last)
        with m.If(self.i.valid & self.i.ready):
            with m.If(dropping):
                m.d.sync += dropping.eq(~self.i.p.last)
            with m.Elif(at.last):
                m.d.sync += dropping.eq(~self.i.p.last)
                m.d.comb += self.bad.eq(~self.i.p.last)
            with m.Else():
                m.d.sync += filling.eq(self.i.p.last)
                m.d.comb += self.bad.eq(self.i.p.last)
        with m.If(filling & goes & at.last):
            m.d.sync += filling.eq(0)
        return m
