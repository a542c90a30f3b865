"""A two-deep stream buffer: its ready is a flip-flop, so a chain of readys ends here."""

from dataclasses import dataclass

from amaranth import Module, Mux, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.vendor import cells
from hw.cores.fitted import Coefficients, fitted

LATENCY = 1
"""Cycles from a beat to where it is offered."""


class SkidBuffer(wiring.Component):
    """Passes a stream on through two registers, or through one.

    One beat each cycle, one cycle of latency. ``i.ready``, ``o.valid`` and ``o.payload`` come
    straight from flip-flops: nothing combinational runs through. Costs two flip-flops and one
    LUT4 for every bit of payload.

    Where a family has few registers it is a single one, and ``i.ready`` follows ``o.ready``
    combinationally: a flip-flop for every bit.

    Parameters
    ----------
    shape : shape-like
        Shape of the payload.

    Members
    -------
    i : In(stream of shape)
    o : Out(stream of shape)
    """

    def __init__(self, shape: ShapeLike) -> None:
        self._shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if cells(platform).family.few_registers:
            self._one(m)
        else:
            self._two(m)
        return m

    def _one(self, m: Module) -> None:
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        payload = Signal(self._shape, reset_less=True)
        m.d.comb += self.o.payload.eq(payload)
        with m.If(self.i.ready):
            m.d.sync += [payload.eq(self.i.payload), self.o.valid.eq(self.i.valid)]

    def _two(self, m: Module) -> None:
        first, spare = (Signal(self._shape, reset_less=True) for _ in range(2))
        empty = Signal(init=1)  # nothing waits in `spare`
        m.d.comb += [self.i.ready.eq(empty), self.o.payload.eq(first)]
        # With `empty` alone, synthesis finds the choice below in it and spends a cell on each.
        with m.If(empty & self.o.valid):
            m.d.sync += spare.eq(self.i.payload)
        with m.If(self.o.ready | ~self.o.valid):
            m.d.sync += [
                first.eq(Mux(empty, self.i.payload, spare)),
                self.o.valid.eq(self.i.valid | ~empty),
                empty.eq(1),
            ]
        with m.Elif(self.i.valid):
            m.d.sync += empty.eq(0)


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of a `SkidBuffer`: of each bit's choice between what comes and the second word, and of
    its control."""

    choice: float = 0.8
    control: float = 3


@fitted(Lut())
def lut(c: Lut, width: int) -> float:
    """LUT4 of so many bits."""
    return c.choice * width + c.control


def resources(width: int, family: Family = ECP5) -> Resources:
    """Cost of a `SkidBuffer`: two words, and a choice between what comes and the second; or one."""
    if family.few_registers:
        return Resources(lut=1, ff=width + 1)
    return Resources(lut=round(lut(width)), ff=2 * width + 2)
