"""Integers added up over a map, channel by channel."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.counter import loops
from hw.cores.fabric.vendor import cells
from hw.cores.integers.add import parts, resized

LATENCY = 1
"""Cycles from the last beat of a channel to its sum."""


class GlobalSum(wiring.Component):
    """``y[c]`` is the sum of ``x[c]`` over the positions of a map, which come one after the other,
    ``lanes`` channels a beat. With those of the last position the sums leave, a cycle later; the
    next map follows at once.

    Parameters
    ----------
    lanes : int
        Integers of a beat, the first lowest.
    beats : int
        Beats of a position.
    positions : int
        Of the map.
    element, width : int
        Bits of an integer and of a sum, two's complement; the caller knows that every sum fits.

    Members
    -------
    i : In(stream of unsigned(lanes * element))
    o : Out(stream of unsigned(lanes * width))
    """

    def __init__(
        self, *, lanes: int, beats: int, positions: int, element: int, width: int
    ) -> None:
        self._beats, self._positions = beats, positions
        self._element, self._sum = element, Shape(width, signed=True)
        super().__init__({
            "i": In(stream.Signature(lanes * element)),
            "o": Out(stream.Signature(lanes * width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        moves, taken = Signal(), Signal()
        m.d.comb += [
            moves.eq(self.o.ready | ~self.o.valid),
            self.i.ready.eq(moves),
            taken.eq(self.i.valid & moves),
        ]
        at = loops(m, taken, {"beat": self._beats, "position": self._positions})
        # Blocks do not answer in the same cycle: without memory in LUTs it is flip-flops.
        style = "distributed" if cells(platform).family.lut_memory else "logic"
        m.submodules.sums = sums = Memory(
            shape=len(self.o.payload), depth=self._beats, init=[], attrs={"ram_style": style}
        )
        read, write = sums.read_port(domain="comb"), sums.write_port()
        first = at["position"].value == 0
        before = [Mux(first, 0, each).as_signed() for each in parts(read.data, self._sum.width)]
        total = Cat(
            resized((one + other).as_signed(), self._sum)
            for one, other in zip(parts(self.i.payload, self._element), before, strict=True)
        )
        m.d.comb += [
            read.addr.eq(at["beat"].value),
            write.addr.eq(at["beat"].value),
            write.data.eq(total),
            write.en.eq(taken),
        ]
        left = Signal(len(self.o.payload), name="o__payload", reset_less=True)
        m.d.comb += self.o.payload.eq(left)
        with m.If(moves):
            m.d.sync += [left.eq(total), self.o.valid.eq(self.i.valid & at["position"].last)]
        return m


def resources(
    *, lanes: int, beats: int, positions: int, width: int, family: Family = ECP5
) -> Resources:
    """Cost of a `GlobalSum`: its words, an adder that may start from 0, and two counters."""
    bits, count = lanes * width, ceil_log2(beats) + ceil_log2(positions)
    logic = Resources(lut=2 * bits + 2 * count + 3, ff=bits + count + 3)
    if not family.lut_memory:
        return logic + Resources(lut=bits * (beats // 2 + 2), ff=bits * beats)
    return logic + ram.resources(bits, beats, "lut")
