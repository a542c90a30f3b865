"""A few frames of bytes in block RAM, kept aside until they are known to be sound."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.ram import Ram


class Slots(wiring.Component):
    """A ring of ``count`` frames of ``size`` bytes that are written, then kept or forgotten.

    Bytes go into the slot that is open. ``keep`` closes it: its ``size`` bytes then come out of
    ``o``, a byte each cycle, frames in order. ``forget`` takes back what came since the last of
    either. A kept frame occupies its slot until ``release``, which frees the oldest.

    ``i`` is always ready. If no slot is free when a byte comes, that byte and all until the next
    ``forget`` are dropped, and ``lost`` says so: such a frame cannot be kept.

    Parameters
    ----------
    size : int
        Bytes of a frame.
    count : int
        Slots.

    Members
    -------
    i : In(stream of unsigned(8))
    keep, forget : In(1)
    lost : Out(1)
    release : In(1)
    busy : Out(1), a slot is occupied
    o : Out(stream of unsigned(8))
    """

    def __init__(self, *, size: int, count: int) -> None:
        if size < 1 or count < 1:
            raise ValueError(f"{count} slots of {size} bytes; both must be at least 1")
        self._size = size
        self._count = count
        super().__init__({
            "i": In(stream.Signature(8)),
            "keep": In(1),
            "forget": In(1),
            "lost": Out(1),
            "release": In(1),
            "busy": Out(1),
            "o": Out(stream.Signature(8)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = self._size * self._count
        m.submodules.ram = ram = Ram(width=8, depth=depth, home="block")
        write_at, read_at = Signal(range(depth)), Signal(range(depth))

        # Frames: in a slot, and of those the ones whose last byte was not read yet.
        used, unread = Signal(range(self._count + 1)), Signal(range(self._count + 1))
        finished = Signal()
        m.d.sync += [
            used.eq(used + self.keep - self.release),
            unread.eq(unread + self.keep - finished),
        ]

        start, full = Signal(range(depth)), Signal()
        m.d.comb += [
            self.i.ready.eq(1),
            self.busy.eq(used != 0),
            full.eq((used == self._count) | self.lost),
            ram.write.eq(self.i.valid & ~full),
            ram.write_address.eq(write_at),
            ram.write_data.eq(self.i.p),
        ]
        with m.If(self.i.valid):
            m.d.sync += self.lost.eq(full)
        with m.If(ram.write):
            m.d.sync += write_at.eq(Mux(write_at == depth - 1, 0, write_at + 1))
        with m.If(self.keep):
            m.d.sync += start.eq(write_at)
        with m.If(self.forget):
            m.d.sync += [write_at.eq(start), self.lost.eq(0)]

        # A slot is read after it is kept, so never where it is written. The memory's output
        # register is the payload: it holds while ``read`` is low.
        at = Signal(range(self._size))
        m.d.comb += [
            ram.read.eq((unread != 0) & (~self.o.valid | self.o.ready)),
            ram.read_address.eq(read_at),
            self.o.p.eq(ram.data),
            finished.eq(ram.read & (at == self._size - 1)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(ram.read):
            m.d.sync += [
                self.o.valid.eq(1),
                read_at.eq(Mux(read_at == depth - 1, 0, read_at + 1)),
                at.eq(Mux(finished, 0, at + 1)),
            ]
        return m
