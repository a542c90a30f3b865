"""The whole design of a board: link and accelerator, then pins, PLL and reset around them."""

from amaranth import Cat, ClockDomain, ClockSignal, Module, Signal
from amaranth.build import Platform
from amaranth.lib import data, wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.io import Buffer
from amaranth.lib.wiring import In, Out, connect

from boards.protocol import GAP, Info
from hw.cores import uart
from hw.cores.answer import score_bytes
from hw.design.clock import ClockGenerator, pll
from hw.design.link import Link
from hw.network.archive import digest
from hw.network.layers import Network

SLOTS = 2
"""Images the board holds: one that computes while the next crosses the line."""

LEDS = 8


def describe(network: Network, scores: data.StructLayout) -> Info:
    """What INFO tells of a network whose accelerator gives ``scores``."""
    return Info(
        slots=SLOTS,
        shape=network.input_shape,
        classes=len(network.classes),
        score_bytes=score_bytes(scores),
        digest=bytes.fromhex(digest(network))[:16],
    )


class BoardLogic(wiring.Component):
    """Serial line, link and accelerator in one clock domain: all of a board but PLL and pins.

    Parameters
    ----------
    accelerator : Component
        With streams ``i`` of unsigned(8 * channels) and ``o`` of scores.
    info : Info
        What INFO answers.
    divisor : int
        Clock cycles of a bit of the serial line.
    gap : int
        Cycles of silence that end a frame.

    Members
    -------
    rx : In(1), asynchronous
    tx : Out(1)
    leds : Out(8)
        From the lowest: heartbeat (about 1 Hz at 80 MHz), an image is on the way, the last frame
        had a fault, and the last class in five bits.
    """

    def __init__(
        self, accelerator: wiring.Component, *, info: Info, divisor: int, gap: int
    ) -> None:
        self._accelerator = accelerator
        self._info = info
        self._divisor = divisor
        self._gap = gap
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "leds": Out(LEDS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.receiver = receiver = uart.Receiver(self._divisor)
        m.submodules.accelerator = accelerator = self._accelerator
        m.submodules.link = link = Link(
            info=self._info, scores=accelerator.o.p.shape(), gap=self._gap
        )
        m.submodules.transmitter = transmitter = uart.Transmitter(self._divisor)

        connect(m, receiver.o, link.i)
        connect(m, link.image, accelerator.i)
        connect(m, accelerator.o, link.scores)
        connect(m, link.o, transmitter.i)

        beat = Signal(26)
        m.d.sync += beat.eq(beat + 1)
        status = link.status
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.leds.eq(Cat(beat[-1], status.busy, status.fault, status.klass)),
        ]
        return m


class Ulx3sTop(wiring.Component):
    """The ULX3S: `BoardLogic` behind its PLL, reset, UART pins and LEDs.

    Reset lasts until the PLL has locked, and comes back if it loses its lock.

    Parameters
    ----------
    accelerator, info
        As for `BoardLogic`.
    oscillator, clock, baud : float
        In Hz. ``clock`` is what the plan asks for; ``settings.achieved`` is what there is.

    Attributes
    ----------
    settings : Pll

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
        self.settings = pll(oscillator, clock)
        achieved = float(self.settings.achieved)
        self._logic = BoardLogic(
            accelerator, info=info, divisor=uart.divisor(achieved, baud), gap=round(GAP * achieved)
        )
        super().__init__({})

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        m.submodules.oscillator = oscillator = Buffer("i", platform.request("clk25", dir="-"))
        m.submodules.clock = clock = ClockGenerator(self.settings)
        m.domains.sync = ClockDomain()
        m.submodules.reset = ResetSynchronizer(~clock.locked)
        m.d.comb += [clock.i.eq(oscillator.i), ClockSignal().eq(clock.o)]

        serial = platform.request("uart", dir={"rx": "-", "tx": "-", "rts": "-", "dtr": "-"})
        m.submodules.rx = rx = Buffer("i", serial.rx)
        m.submodules.tx = tx = Buffer("o", serial.tx)
        m.submodules.logic = logic = self._logic
        m.d.comb += [logic.rx.eq(rx.i), tx.o.eq(logic.tx)]
        for index in range(LEDS):
            led = Buffer("o", platform.request("led", index, dir="-"))
            m.submodules[f"led{index}"] = led
            m.d.comb += led.o.eq(logic.leds[index])
        return m
