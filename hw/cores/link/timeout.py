"""A timer of idle cycles, which tells when nothing has come for long."""

from amaranth import Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class IdleTimeout(wiring.Component):
    """``o`` tells, for one cycle, that nothing came in ``i`` for the longest power of two of cycles
    that is not above ``gap``: that needs no comparator. ``doublings`` tells how often that number
    is doubled; None: never.

    Members
    -------
    i : In(1)
    o : Out(1)
    """

    def __init__(self, gap: int, doublings: Value | None = None) -> None:
        if gap < 1:
            raise ValueError(f"a gap of {gap} cycles; it must be at least 1")
        self._gap = gap
        self._doublings = Const(0, 0) if doublings is None else doublings
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        most = (1 << len(self._doublings)) - 1
        passed = Signal(self._gap.bit_length() + most)
        long = passed[-1 - most :].bit_select(self._doublings, 1)
        m.d.comb += self.o.eq(long & ~self.i)
        m.d.sync += passed.eq(passed + 1)
        with m.If(self.i | self.o):
            m.d.sync += passed.eq(0)
        return m
