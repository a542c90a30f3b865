"""A few frames of bytes, one right behind the other in as many blocks as they fill."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.link import pages
from hw.cores.link.framebuffer import PORTS
from hw.cores.link.pages import Pages


class Ring(wiring.Component):
    """As `hw.cores.link.framebuffer.FrameBuffers`, of ``count`` times ``size`` bytes of block RAM
    and no more.

    A frame has ``size`` bytes when it is kept, and never has more. A byte comes out every few
    cycles: as of `Pages`.

    Parameters, Members
    -------------------
    As of `FrameBuffers`.
    """

    def __init__(self, *, size: int, count: int) -> None:
        if size < 1 or count < 1:
            raise ValueError(f"{count} slots of {size} bytes; both must be at least 1")
        self._size, self._count = size, count
        super().__init__(PORTS)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = self._size * self._count
        m.submodules.pages = pages = Pages(depth)
        # Frames: in a slot, and of those the ones whose last byte was not read yet.
        used, unread = Signal(range(self._count + 1)), Signal(range(self._count + 1))
        finished, full = Signal(), Signal()
        m.d.sync += [
            used.eq(used + self.keep - self.release),
            unread.eq(unread + self.keep - finished),
        ]

        # Where the next byte goes, and where the open slot begins: behind the frame kept last.
        write_at, begin = Signal(range(depth)), Signal(range(depth))
        m.d.comb += [
            self.i.ready.eq(1),
            self.busy.eq(used != 0),
            full.eq((used == self._count) | self.lost),
            pages.write.eq(self.i.valid & ~full),
            pages.write_address.eq(write_at),
            pages.write_data.eq(self.i.p),
        ]
        with m.If(self.i.valid):
            m.d.sync += self.lost.eq(full)
        with m.If(pages.write):
            m.d.sync += write_at.eq(_after(write_at, depth))
        with m.If(self.keep):
            m.d.sync += [self.lost.eq(0), begin.eq(write_at)]
        with m.If(self.forget):
            m.d.sync += [self.lost.eq(0), write_at.eq(begin)]

        # A frame is read after it is kept, so never where it is written.
        read_at, left = Signal(range(depth)), Signal(range(self._size), init=self._size - 1)
        asked = Signal()
        m.d.comb += [
            pages.read.eq((unread != 0) & ~asked & (~self.o.valid | self.o.ready)),
            pages.read_address.eq(read_at),
            finished.eq(pages.done & (left == 0)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(pages.read):
            m.d.sync += asked.eq(1)
        with m.If(pages.done):
            m.d.sync += [
                asked.eq(0),
                self.o.p.eq(pages.data),
                self.o.valid.eq(1),
                read_at.eq(_after(read_at, depth)),
                left.eq(Mux(left == 0, self._size - 1, left - 1)),
            ]
        return m


def _after(address: Signal, depth: int) -> Value:
    return Mux(address == depth - 1, 0, address + 1)


def resources(*, size: int, count: int, family: Family = ECP5) -> Resources:
    """Cost of a `Ring`: its memory, and four addresses."""
    address = ceil_log2(count * size)
    return pages.resources(count * size, family) + Resources(lut=5 * address, ff=4 * address)
