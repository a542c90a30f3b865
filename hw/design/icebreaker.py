"""The iCEBreaker: its PLL behind the oscillator's pad, its reset, and two LEDs."""

from amaranth import ClockDomain, ClockSignal, Module, Signal, Value
from amaranth.build import Platform
from amaranth.lib.cdc import ResetSynchronizer

from hw.design.sbpll import SbClock, SbPll
from hw.design.top import Top

MEMORIES_AWAKE = 15e-6
"""Seconds: block memory reads as zeros for some 3 us after configuration, which no datasheet tells
(icestorm issue 76); Amaranth's own platform waits as long."""

FAULT, BEAT = 2, 0
"""What of `BoardLogic.leds` the red and the green LED show."""


class IcebreakerTop(Top[SbPll]):
    """Reset lasts until the PLL has locked and the memories are awake, and comes back if it loses
    its lock. Green blinks, red is on when the last frame had a fault."""

    shown = (FAULT, BEAT)

    def clocked(self, m: Module, platform: Platform) -> Value:
        m.submodules.clock = clock = SbClock(
            self.settings, platform.request("clk12", dir="-").io
        )
        m.domains.power = ClockDomain(local=True)
        m.domains.sync = ClockDomain(reset_less=True)
        m.submodules.reset = ResetSynchronizer(~clock.locked, domain="power")
        cycles = int(MEMORIES_AWAKE * float(self.settings.achieved))
        waited = Signal(cycles.bit_length() + 1)
        with m.If(~waited[-1]):
            m.d.power += waited.eq(waited + 1)
        m.d.comb += [ClockSignal("power").eq(clock.o), ClockSignal().eq(clock.o)]
        return ~waited[-1]
