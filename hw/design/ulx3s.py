"""The ULX3S: its oscillator, PLL and reset, and all eight LEDs."""

from amaranth import ClockDomain, ClockSignal, Module, Signal, Value
from amaranth.build import Platform
from amaranth.lib.cdc import AsyncFFSynchronizer
from amaranth.lib.io import Buffer

from hw.design.clock import ClockGenerator, Pll
from hw.design.top import LEDS, Top


class Ulx3sTop(Top[Pll]):
    """Reset lasts until the PLL has locked, and comes back if it loses its lock."""

    shown = range(LEDS)

    def clocked(self, m: Module, platform: Platform) -> Value:
        m.submodules.oscillator = oscillator = Buffer("i", platform.request("clk25", dir="-"))
        m.submodules.clock = clock = ClockGenerator(self.settings)
        m.domains.sync = ClockDomain(reset_less=True)
        bad = Signal()
        m.submodules.reset = AsyncFFSynchronizer(~clock.locked, bad)
        m.d.comb += [clock.i.eq(oscillator.i), ClockSignal().eq(clock.o)]
        return bad
