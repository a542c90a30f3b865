"""A register that breaks the rules of streams, to test the watches."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.stream.skid import SkidBuffer

BEATS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]


class Broken(wiring.Component):
    """A register with a fault from its fourth beat on."""

    def __init__(self, fault: str) -> None:
        self._fault = fault
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.register = register = SkidBuffer(8)
        connect(m, flipped(self.i), register.i)
        connect(m, register.o, flipped(self.o))
        count, waiting, late = Signal(8), Signal(), Signal()
        m.d.sync += [
            waiting.eq(register.o.valid & ~self.o.ready),
            count.eq(count + (self.o.valid & self.o.ready)),
        ]
        m.d.comb += late.eq(count >= 3)
        match self._fault:
            case "withdraws":
                m.d.comb += self.o.valid.eq(register.o.valid & ~(late & waiting))
            case "changes":
                m.d.comb += self.o.payload.eq(register.o.payload ^ (late & waiting))
            case "stops":
                m.d.comb += [
                    self.o.valid.eq(register.o.valid & ~late),
                    register.o.ready.eq(self.o.ready & ~late),
                ]
            case "repeats":
                m.d.comb += register.o.ready.eq(self.o.ready & (count != 3))
        return m
