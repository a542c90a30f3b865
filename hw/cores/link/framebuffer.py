"""A few frames of bytes in block RAM, kept aside until they are known to be sound."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.blocks import cut
from hw.cores.fabric.ram import Ram

PORTS = {
    "i": In(stream.Signature(8)),
    "keep": In(1),
    "forget": In(1),
    "lost": Out(1),
    "release": In(1),
    "busy": Out(1),
    "o": Out(stream.Signature(8)),
}
"""Members of `FrameBuffers`, and of what is used as it."""


class FrameBuffers(wiring.Component):
    """A ring of ``count`` frames of ``size`` bytes that are written, then kept or forgotten.

    Of block RAM it takes ``count`` times the power of two from ``size`` up.

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
        Frames at once.

    Members
    -------
    i : In(stream of unsigned(8))
    keep, forget : In(1)
    lost : Out(1)
    release : In(1)
    busy : Out(1), a slot is occupied
    o : Out(stream of unsigned(8)), from flip-flops
    """

    def __init__(self, *, size: int, count: int) -> None:
        if size < 1 or count < 1:
            raise ValueError(f"{count} slots of {size} bytes; both must be at least 1")
        self._size = size
        self._count = count
        super().__init__(PORTS)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Slots begin at multiples of a power of two: an address is a slot and a place in it.
        at = range(max(2, self._size))
        stride = 1 << len(Signal(at))
        m.submodules.ram = ram = Ram(width=8, depth=stride * self._count, home="block")
        slot_in, slot_out = Signal(range(self._count)), Signal(range(self._count))
        at_in, at_out = Signal(at), Signal(at)

        # Frames: in a slot, and of those the ones whose last byte was not read yet.
        used, unread = Signal(range(self._count + 1)), Signal(range(self._count + 1))
        finished = Signal()
        m.d.sync += [
            used.eq(used + self.keep - self.release),
            unread.eq(unread + self.keep - finished),
        ]

        full = Signal()
        m.d.comb += [
            self.i.ready.eq(1),
            self.busy.eq(used != 0),
            full.eq((used == self._count) | self.lost),
        ]
        # The memory may be far away: what is written waits in registers of its own.
        write, address, byte = Signal(), Signal.like(ram.write_address), Signal.like(self.i.p)
        m.d.sync += [
            write.eq(self.i.valid & ~full),
            address.eq(Cat(at_in, slot_in)),
            byte.eq(self.i.p),
        ]
        m.d.comb += [
            ram.write.eq(write), ram.write_address.eq(address), ram.write_data.eq(byte)
        ]  # fmt: skip
        with m.If(self.i.valid):
            m.d.sync += [self.lost.eq(full), at_in.eq(at_in + 1)]
        with m.If(self.keep | self.forget):
            m.d.sync += [self.lost.eq(0), at_in.eq(0)]
        with m.If(self.keep):
            m.d.sync += slot_in.eq(self._after(slot_in))

        # A slot is read after it is kept, so never where it is written. Block RAM answers late in
        # the cycle, so its word goes through a register.
        fetched, passed = Signal(), Signal()
        m.d.comb += [
            passed.eq(fetched & (~self.o.valid | self.o.ready)),
            ram.read.eq((unread != 0) & (~fetched | passed)),
            ram.read_address.eq(Cat(at_out, slot_out)),
            finished.eq(ram.read & (at_out == self._size - 1)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(passed):
            m.d.sync += [self.o.p.eq(ram.data), self.o.valid.eq(1), fetched.eq(0)]
        with m.If(ram.read):
            m.d.sync += [at_out.eq(at_out + 1), fetched.eq(1)]
        with m.If(finished):
            m.d.sync += [at_out.eq(0), slot_out.eq(self._after(slot_out))]
        return m

    def _after(self, slot: Signal) -> Value:
        return Mux(slot == self._count - 1, 0, slot + 1)


def resources(*, size: int, count: int, family: Family = ECP5) -> Resources:
    """Cost of `FrameBuffers` in blocks: each begins at a multiple of a power of two."""
    return Resources(ebr=cut(8, count << ceil_log2(size), family).blocks)
