"""The top of a family whose PLL takes the oscillator from a net, and tells when it has locked."""

from abc import abstractmethod

from amaranth import ClockDomain, ClockSignal, Module, Signal, Value
from amaranth.build import Platform
from amaranth.lib import wiring
from amaranth.lib.cdc import AsyncFFSynchronizer
from amaranth.lib.io import Buffer

from hw.design.top import Divided, Top


class LockedTop(Top[Divided]):
    """Reset lasts until the PLL has locked, and comes back if it loses its lock."""

    @abstractmethod
    def pll(self, platform: Platform) -> wiring.Component:
        """The PLL: from ``i``, the oscillator, a clock ``o``, and ``locked``, asynchronous."""

    def clocked(self, m: Module, platform: Platform) -> Value:
        pin = platform.request(self.board.oscillator_pin, dir="-")
        m.submodules.oscillator = oscillator = Buffer("i", pin)
        m.submodules.clock = clock = self.pll(platform)
        m.domains.sync = ClockDomain(reset_less=True)
        bad = Signal()
        m.submodules.reset = AsyncFFSynchronizer(~clock.locked, bad)
        m.d.comb += [clock.i.eq(oscillator.i), ClockSignal().eq(clock.o)]
        return bad
