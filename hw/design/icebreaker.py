"""The iCEBreaker: `hw.design.top.BoardLogic` behind its PLL, reset, serial line and two LEDs."""

from amaranth import ClockDomain, ClockSignal, Module, ResetSignal, Signal
from amaranth.build import Platform
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.io import Buffer

from boards.protocol import GAP, Info
from hw.cores import uart
from hw.design.sbpll import SbClock, sb_pll
from hw.design.top import BoardLogic

MEMORIES_AWAKE = 15e-6
"""Seconds: block memory reads as zeros for some 3 us after configuration, which no datasheet tells
(icestorm issue 76); Amaranth's own platform waits as long."""

FAULT, BEAT = 2, 0
"""What of `BoardLogic.leds` the red and the green LED show."""


class IcebreakerTop(wiring.Component):
    """Reset lasts until the PLL has locked and the memories are awake, and comes back if it loses
    its lock. Green blinks, red is on when the last frame had a fault.

    Parameters
    ----------
    accelerator, info, oscillator, clock, baud
        As for `hw.design.top.Ulx3sTop`.

    Attributes
    ----------
    settings : SbPll

    Raises
    ------
    Refusal
        The PLL cannot make this clock.
    ValueError
        The serial line cannot have this rate at this clock.
    """

    def __init__(
        self,
        accelerator: wiring.Component,
        *,
        info: Info,
        oscillator: float,
        clock: float,
        baud: float,
    ) -> None:
        self.settings = sb_pll(oscillator, clock)
        self._achieved = achieved = float(self.settings.achieved)
        self._logic = BoardLogic(
            accelerator, info=info, divisor=uart.divisor(achieved, baud), gap=round(GAP * achieved)
        )
        super().__init__({})

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        m.submodules.clock = clock = SbClock(
            self.settings, platform.request("clk12", dir="-").io
        )
        m.domains.power = ClockDomain(local=True)
        m.domains.sync = ClockDomain()
        m.submodules.reset = ResetSynchronizer(~clock.locked, domain="power")
        waited = Signal(int(MEMORIES_AWAKE * self._achieved).bit_length() + 1)
        with m.If(~waited[-1]):
            m.d.power += waited.eq(waited + 1)
        m.d.comb += [
            ClockSignal("power").eq(clock.o),
            ClockSignal().eq(clock.o),
            ResetSignal().eq(~waited[-1]),
        ]

        serial = platform.request("uart", dir={"rx": "-", "tx": "-"})
        m.submodules.rx = rx = Buffer("i", serial.rx)
        m.submodules.tx = tx = Buffer("o", serial.tx)
        m.submodules.logic = logic = self._logic
        m.d.comb += [logic.rx.eq(rx.i), tx.o.eq(logic.tx)]
        for index, shown in enumerate((FAULT, BEAT)):
            led = Buffer("o", platform.request("led", index, dir="-"))
            m.submodules[f"led{index}"] = led
            m.d.comb += led.o.eq(logic.leds[shown])
        return m
