"""Beats that wait in memory for their turn."""

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.home import Home
from hw.cores.fabric.ram import Ram

LATENCY = 2
"""Cycles from a beat that is taken to the same beat offered, if none waits before it."""


SHALLOW = 32
"""Up to this depth beats wait in distributed memory, as in a shallow window."""


class Fifo(wiring.Component):
    """Holds up to ``depth`` beats; the oldest comes out of registers, two cycles after it came in
    at the earliest.

    The memory that Amaranth's own queues have answers in the same cycle: where only blocks are
    memory, that is flip-flops.

    Parameters
    ----------
    shape : shape-like
        Shape of the payload.
    depth : int
        A power of two, or more than `SHALLOW`.

    Members
    -------
    i : In(stream of shape)
    o : Out(stream of shape)

    Raises
    ------
    ValueError
        ``depth`` is neither.
    """

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        if depth < 2 or (depth <= SHALLOW and depth & (depth - 1)):
            raise ValueError(
                f"a backlog of {depth} beats; up to {SHALLOW} it must be a power of two above 1"
            )
        self._shape, self._depth = Shape.cast(shape), depth
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = self._depth
        m.submodules.ram = ram = Ram(width=self._shape.width, depth=depth, home=home(depth))
        # Never as many as there are words: what is read is not what is written.
        count = Signal(range(depth))
        write_at, read_at = Signal(range(depth)), Signal(range(depth))
        m.d.comb += [
            self.i.ready.eq(count != depth - 1),
            ram.write.eq(self.i.valid & self.i.ready),
            ram.write_address.eq(write_at),
            ram.write_data.eq(self.i.payload),
            ram.read.eq((count != 0) & (self.o.ready | ~self.o.valid)),
            ram.read_address.eq(read_at),
            self.o.payload.eq(ram.data),
        ]
        m.d.sync += count.eq(count + ram.write - ram.read)
        with m.If(ram.write):
            m.d.sync += write_at.eq(_after(write_at, depth))
        with m.If(self.o.ready | ~self.o.valid):
            m.d.sync += self.o.valid.eq(ram.read)
        with m.If(ram.read):
            m.d.sync += read_at.eq(_after(read_at, depth))
        return m


def _after(address: Signal, depth: int) -> Value:
    """The next address, round and round."""
    whole = depth & depth - 1 == 0
    return address + 1 if whole else Mux(address == depth - 1, 0, address + 1)


def depth(beats: int) -> int:
    """The depth of a `Fifo` in which so many beats may wait: one place is never used. Blocks, of
    which there are few, are no deeper than that."""
    return beats + 1 if beats >= SHALLOW else 1 << beats.bit_length()


def home(depth: int) -> Home:
    """Where so many beats wait."""
    return "lut" if depth <= SHALLOW else "block"


def resources(width: int, depth: int, family: Family = ECP5) -> Resources:
    """Cost of a `Fifo`: its memory, two addresses and a count, and the register behind."""
    counters = 3 * (depth - 1).bit_length()
    logic = Resources(lut=2 * counters + 4, ff=counters + width + 1)
    return ram.resources(width, depth, home(depth), family) + logic
