"""The top of any board with an iCE40: a PLL behind the oscillator's pin, and a reset."""

from amaranth import ClockDomain, ClockSignal, Module, Signal, Value
from amaranth.build import Platform
from amaranth.lib.cdc import ResetSynchronizer

from boards.families import ICE40
from hw.design.pll.ice40 import Ice40Dividers, Pll
from hw.design.top import Top

MEMORIES_AWAKE = 15e-6
"""Seconds: block memory reads as zeros for some 3 us after configuration, which no datasheet tells
(icestorm issue 76); Amaranth's own platform waits as long."""


class Ice40Top(Top[Ice40Dividers]):
    """Reset lasts until the PLL has locked and the memories are awake, and comes back if it loses
    its lock."""

    family = ICE40.name

    def clocked(self, m: Module, platform: Platform) -> Value:
        pin = platform.request(self.board.oscillator_pin, dir="-")
        m.submodules.clock = clock = Pll(self.dividers, pin, pad=self.board.oscillator_pad)
        m.domains.power = ClockDomain(local=True)
        m.domains.sync = ClockDomain(reset_less=True)
        m.submodules.reset = ResetSynchronizer(~clock.locked, domain="power")
        fastest = self.adjustable.highest if self.adjustable else float(self.dividers.achieved)
        cycles = int(MEMORIES_AWAKE * fastest)
        waited = Signal(cycles.bit_length() + 1)
        with m.If(~waited[-1]):
            m.d.power += waited.eq(waited + 1)
        m.d.comb += [ClockSignal("power").eq(clock.o), ClockSignal().eq(clock.o)]
        return ~waited[-1]


TOP = Ice40Top
