"""A timer of idle cycles, which tells when nothing has come for long."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class IdleTimeout(wiring.Component):
    """``o`` tells, for one cycle, that nothing came in ``i`` for the longest power of two of cycles
    that is not above ``gap``: that needs no comparator.

    Members
    -------
    i : In(1)
    o : Out(1)
    """

    def __init__(self, gap: int) -> None:
        if gap < 1:
            raise ValueError(f"a gap of {gap} cycles; it must be at least 1")
        self._gap = gap
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        passed = Signal(self._gap.bit_length())
        m.d.comb += self.o.eq(passed[-1] & ~self.i)
        m.d.sync += passed.eq(passed + 1)
        with m.If(self.i | self.o):
            m.d.sync += passed.eq(0)
        return m
