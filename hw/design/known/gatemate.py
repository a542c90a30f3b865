"""The top of any board with a GateMate: a PLL, and a reset until it has locked."""

from amaranth import ClockDomain, ClockSignal, Module, Signal, Value
from amaranth.build import Platform
from amaranth.lib.cdc import AsyncFFSynchronizer
from amaranth.lib.io import Buffer

from boards.families import GATEMATE
from hw.design.pll.gatemate import GateMateDividers, Pll, dividers
from hw.design.top import Top


class GateMateTop(Top[GateMateDividers]):
    """Reset lasts until the PLL has locked, and comes back if it loses its lock."""

    family = GATEMATE.name
    divide = staticmethod(dividers)

    def clocked(self, m: Module, platform: Platform) -> Value:
        pin = platform.request(self.board.oscillator_pin, dir="-")
        m.submodules.oscillator = oscillator = Buffer("i", pin)
        m.submodules.clock = clock = Pll(self.dividers)
        m.domains.sync = ClockDomain(reset_less=True)
        bad = Signal()
        m.submodules.reset = AsyncFFSynchronizer(~clock.locked, bad)
        m.d.comb += [clock.i.eq(oscillator.i), ClockSignal().eq(clock.o)]
        return bad


TOP = GateMateTop
