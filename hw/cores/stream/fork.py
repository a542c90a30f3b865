"""Fork: one stream to several readers, each of which takes every beat once."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources

LATENCY = 0
"""Cycles: a beat is offered to every reader in the cycle in which it comes."""


class Fork(wiring.Component):
    """A beat goes on once every reader has it; one that was quicker waits for the others.

    Parameters
    ----------
    width : int
        Bits of a beat.
    count : int
        Readers, at least 2.

    Members
    -------
    i : In(stream of unsigned(width))
    o0, o1, ... : Out(stream of unsigned(width))
    """

    def __init__(self, width: int, count: int) -> None:
        if count < 2:
            raise ValueError(f"{count} readers of a fork; it takes 2 or more")
        self._count = count
        ends = {f"o{number}": Out(stream.Signature(width)) for number in range(count)}
        super().__init__({"i": In(stream.Signature(width)), **ends})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        readers = [getattr(self, f"o{number}") for number in range(self._count)]
        # Set for a reader that has the beat which others still wait for.
        taken = Signal(self._count)
        takes = Signal(self._count)
        m.d.comb += [
            takes.eq(Cat(reader.ready for reader in readers) | taken),
            self.i.ready.eq(takes.all()),
        ]
        for number, reader in enumerate(readers):
            m.d.comb += [
                reader.payload.eq(self.i.payload),
                reader.valid.eq(self.i.valid & ~taken[number]),
            ]
        with m.If(self.i.valid):
            m.d.sync += taken.eq(takes.all().replicate(self._count) ^ takes)
        return m


def resources(count: int) -> Resources:
    """Cost of a `Fork` with so many readers."""
    return Resources(lut=2 * count + 1, ff=count)
