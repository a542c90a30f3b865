"""The sum of two streams of integers, lane by lane."""

from dataclasses import dataclass

from amaranth import Cat, Module, Shape, Signal, Value, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources
from hw.cores.fitted import Coefficients, fitted

LATENCY = 1
"""Cycles from the later of two beats to their sum."""


class Add(wiring.Component):
    """Beats of both streams are taken together; their sum is offered a cycle later, one each cycle.

    Parameters
    ----------
    lanes : int
        Integers of a beat, the first lowest.
    widths : (int, int)
        Bits of an integer of each stream, two's complement.
    width : int
        Bits of a sum; the caller knows that every sum fits.

    Members
    -------
    i, i1 : In(stream of unsigned(lanes * widths[0])), and of the other
    o : Out(stream of unsigned(lanes * width))
    """

    def __init__(self, *, lanes: int, widths: tuple[int, int], width: int) -> None:
        self._lanes, self._widths, self._sum = lanes, widths, signed(width)
        one, other = widths
        super().__init__({
            "i": In(stream.Signature(lanes * one)),
            "i1": In(stream.Signature(lanes * other)),
            "o": Out(stream.Signature(lanes * width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        enable, both = Signal(), Signal()
        m.d.comb += [
            enable.eq(self.o.ready | ~self.o.valid),
            both.eq(self.i.valid & self.i1.valid),
            self.i.ready.eq(enable & both),
            self.i1.ready.eq(enable & both),
        ]
        one, other = (
            parts(port.payload, width)
            for port, width in zip((self.i, self.i1), self._widths, strict=True)
        )
        sums = [resized(a + b, self._sum) for a, b in zip(one, other, strict=True)]
        total = Signal(len(self.o.payload), name="o__payload", reset_less=True)
        m.d.comb += self.o.payload.eq(total)
        with m.If(enable):
            m.d.sync += [total.eq(Cat(sums)), self.o.valid.eq(both)]
        return m


def parts(payload: Value, width: int) -> list[Value]:
    """The signed integers of so many bits in a beat."""
    return [payload[at : at + width].as_signed() for at in range(0, len(payload), width)]


def resized(value: Value, shape: Shape) -> Value:
    """A signed value in other bits, which hold it."""
    if len(value) >= shape.width:
        return value[: shape.width]
    return Cat(value, value[-1].replicate(shape.width - len(value)))


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of an `Add`: of its control, and of each in a row of carry cells."""

    control: float = 3
    cell: float = 1


@fitted(Lut())
def lut(c: Lut, lanes: int, width: int) -> float:
    """LUT4 of so many sums of so many bits."""
    return c.control + c.cell * lanes * (width + width % 2 + 2)


def resources(lanes: int, width: int) -> Resources:
    """Cost of an `Add`."""
    return Resources(lut=round(lut(lanes, width)), ff=lanes * width + 1)
