"""The whole design of a board: link and accelerator, then a clock and pins around them."""

from abc import abstractmethod
from typing import ClassVar, Generic, TypeVar, cast

from amaranth import Cat, Module, ResetInserter, Signal, Value
from amaranth.build import Platform
from amaranth.lib import data, wiring
from amaranth.lib.io import Buffer
from amaranth.lib.wiring import In, Out, connect

from boards.board import Board, Light
from boards.protocol import Info
from hw.cores.fabric.number import Number
from hw.cores.link import uart
from hw.cores.link.answer import score_bytes
from hw.design import clocks
from hw.design.adjustable import DOUBLINGS, Adjustable, gap_cycles
from hw.design.link import Link
from hw.design.pll.limits import Dividers
from hw.network.archive import digest
from hw.plan.plan import Plan, Slots

LAYERS = "logic.accelerator"
"""Instance path of what has the layers as submodules, in the top of any board."""

Divided = TypeVar("Divided", bound=Dividers)


def describe(plan: Plan, scores: data.StructLayout) -> Info:
    """Content of INFO for a planned network whose accelerator gives ``scores``."""
    network = plan.network
    return Info(
        slots=plan.slots.window,
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
        With streams ``i`` of unsigned(8 * channels * pixels of a beat) and ``o`` of scores, and a
        ``reset``.
    info : Info
        What INFO answers.
    divisor : int
        Clock cycles of a bit of the serial line.
    gap : int
        Cycles of silence that end a frame.
    slots : hw.plan.plan.Slots
        As of `Link`.
    adjustable : Adjustable, optional
        Divisor and gap are numbers that can be changed in the placed design.

    Members
    -------
    rx : In(1), asynchronous
    tx : Out(1)
    leds : Out(8)
        A bit for each `boards.board.Light`.

    Attributes
    ----------
    reset : Signal
        For a clock domain without one: as of `hw.design.accelerator.Accelerator`.
    """

    def __init__(
        self,
        accelerator: wiring.Component,
        *,
        info: Info,
        divisor: int,
        gap: int,
        slots: Slots | None = None,
        adjustable: Adjustable | None = None,
    ) -> None:
        self._slots = slots
        self._adjustable = adjustable
        self._accelerator = accelerator
        self._info = info
        self._divisor = divisor
        self._gap = gap
        self.reset = Signal()
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "leds": Out(len(Light))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.accelerator = accelerator = self._accelerator
        divisor, gap, doublings = self._divisor, self._gap, None
        if adjustable := self._adjustable:
            m.submodules.divisor = bit = Number(divisor, adjustable.divisor_width)
            m.submodules.doublings = longer = Number(adjustable.doublings(gap), DOUBLINGS)
            divisor, gap, doublings = bit.o, adjustable.gap, longer.o
        receiver, transmitter = uart.Receiver(divisor), uart.Transmitter(divisor)
        link = Link(
            info=self._info, scores=accelerator.o.p.shape(), gap=gap, slots=self._slots,
            pixels=len(accelerator.i.p) // (8 * self._info.shape[0]), doublings=doublings,
        )  # fmt: skip
        for name, each in (("receiver", receiver), ("link", link), ("transmitter", transmitter)):
            m.submodules[name] = ResetInserter(self.reset)(each)

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
            accelerator.reset.eq(self.reset),
            self.leds.eq(Cat(beat[-1], status.busy, status.fault, status.klass)),
        ]
        return m


class Top(wiring.Component, Generic[Divided]):
    """`BoardLogic` at the serial line and the LEDs of a board; its family says where the clock is
    from.

    Parameters
    ----------
    accelerator, info, slots
        As for `BoardLogic`.
    board : Board
        Of this family.
    clock : float
        What is asked of the board's PLL, in Hz.
    adjustable : Adjustable, optional
        The placed design can be given another clock, by `settings`.

    Attributes
    ----------
    dividers
        Of the PLL; ``dividers.achieved`` is the clock that there is, never a faster one.

    Raises
    ------
    Refusal
        The PLL cannot make such a clock.
    ValueError
        The serial line cannot have the board's rate at this clock.
    """

    family: ClassVar[str]
    """The name of the family that it is for."""

    def __init__(
        self,
        accelerator: wiring.Component,
        *,
        board: Board,
        info: Info,
        clock: float,
        slots: Slots | None = None,
        adjustable: Adjustable | None = None,
    ) -> None:
        self.board = board
        self.adjustable = adjustable
        self.dividers = cast(Divided, clocks.dividers(board, clock))
        made = float(self.dividers.achieved)
        self._logic = BoardLogic(
            accelerator, info=info, divisor=uart.divisor(made, board.baud), gap=gap_cycles(made),
            slots=slots, adjustable=adjustable,
        )
        super().__init__({})

    @abstractmethod
    def clocked(self, m: Module, platform: Platform) -> Value:
        """Make the domain ``sync``, which has no reset; what is 1 until its clock is good."""

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        bad = self.clocked(m, platform)
        # A serial line may have more wires, which none drives.
        wires = {wire.name: "-" for wire in platform.lookup("uart").ios}
        serial = platform.request("uart", dir=wires)
        m.submodules.rx = rx = Buffer("i", serial.rx)
        m.submodules.tx = tx = Buffer("o", serial.tx)
        m.submodules.logic = logic = self._logic
        m.d.comb += [logic.rx.eq(rx.i), tx.o.eq(logic.tx), logic.reset.eq(bad)]
        for index, shown in enumerate(self.board.leds):
            led = Buffer("o", platform.request("led", index, dir="-"))
            m.submodules[f"led{index}"] = led
            m.d.comb += led.o.eq(logic.leds[shown])
        return m
