"""Adapters from streams to `CreditStream`, to play cores with such ports on a `Workbench`."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.fabric.counter import loops
from hw.cores.mvu.mvu import Mvu
from hw.cores.pool import Pool
from hw.cores.window.window import Window

DEPTH, KEEPING = 16, 2
"""Beats that `Kept` can store, and its latency in cycles."""


class Sent(wiring.Component):
    """A core with an input flow, which here comes from a stream without latency.

    Members
    -------
    i, o
        Ports of the core, with ``i`` as a stream.
    """

    def __init__(self, core: Mvu | Pool, beats: int, reuse: int = 1) -> None:
        self.core, self._beats, self._reuse = core, beats, reuse
        super().__init__({
            "i": In(stream.Signature(core.i.signature.members["p"].shape)),
            "o": Out(core.o.signature),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self.core
        taken = self.i.valid & self.i.ready
        at = loops(m, taken, {"reuse": self._reuse, "beat": self._beats})
        m.d.comb += [
            self.i.ready.eq(core.i.room),
            core.i.valid.eq(taken),
            core.i.p.eq(self.i.p),
            core.i.reserve.eq(taken & at["beat"].last),
        ]
        connect(m, core.o, flipped(self.o))
        return m


class Kept(wiring.Component):
    """A window whose output flow is made a stream, by a FIFO `KEEPING` cycles later.

    Members
    -------
    i, o
        Ports of the window, with ``o`` as a stream.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        super().__init__({
            "i": In(stream.Signature(window.i.p.shape())),
            "o": Out(stream.Signature(window.o.signature.members["p"].shape)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.window = window = self.window
        m.submodules.kept = kept = SyncFIFOBuffered(width=len(window.o.p.as_value()), depth=DEPTH)
        connect(m, flipped(self.i), window.i)
        m.d.comb += [
            window.o.room.eq(kept.level < DEPTH - window.sizes.flight),
            kept.w_en.eq(window.o.valid),
            kept.w_data.eq(window.o.p),
            kept.r_en.eq(self.o.ready),
            self.o.valid.eq(kept.r_rdy),
            self.o.p.eq(kept.r_data),
        ]
        return m
