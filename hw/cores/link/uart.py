"""A serial line (8N1) to a stream of bytes and back; amaranth-stdio on PyPI is still empty."""

from amaranth import C, Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

SHORTEST = 4
"""Clock cycles of a bit that the receiver needs to find the middle of it."""


def divisor(clock: float, baud: float) -> int:
    """Clock cycles of a bit, both rates in Hz.

    Raises ValueError if the nearest whole number is below `SHORTEST`, or more than 2 % off: over
    the ten bits of a byte that is a fifth of a bit, and the other end may be as far off again.
    """
    cycles = round(clock / baud)
    if cycles < SHORTEST or abs(cycles * baud / clock - 1) > 0.02:
        raise ValueError(
            f"{baud:,.0f} baud is {clock / baud:.2f} cycles of {clock / 1e6:g} MHz:"
            f" not a whole number from {SHORTEST} up, nor within 2 % of one"
        )
    return cycles


def _checked(cycles: int | Value) -> int | Value:
    if isinstance(cycles, int) and cycles < SHORTEST:
        raise ValueError(f"a bit of {cycles} cycles; the receiver needs {SHORTEST}")
    return cycles


def _timer(cycles: int | Value) -> Signal:
    """A counter of a bit's cycles, from one less than there are."""
    return Signal(range(cycles) if isinstance(cycles, int) else len(cycles), name="timer")


class Receiver(wiring.Component):
    """Bytes of a serial line, least significant bit first, sampled in the middle of each bit.

    A start bit that is gone by its middle is noise. A byte without its stop bit is dropped, and
    the line has to rest before the next. A line cannot be stalled: a byte that comes while the last
    one still waits in ``o`` is lost.

    Parameters
    ----------
    divisor : int or Value
        Clock cycles of a bit, at least `SHORTEST`.

    Members
    -------
    rx : In(1), asynchronous
    o : Out(stream of unsigned(8))
    """

    def __init__(self, divisor: int | Value) -> None:
        self._divisor = _checked(divisor)
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)

        timer = _timer(self._divisor)
        sample = Signal()
        # The eight data bits behind a marker, which falls out when they are complete.
        byte = Signal(9)
        m.d.comb += sample.eq(timer == 0)
        m.d.sync += timer.eq(timer - 1)
        with m.If(sample):
            m.d.sync += timer.eq(self._divisor - 1)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        with m.FSM():
            with m.State("REST"), m.If(line):
                m.next = "IDLE"
            with m.State("IDLE"):
                m.d.sync += timer.eq((self._divisor >> 1) - 1)
                with m.If(~line):
                    m.next = "START"
            with m.State("START"), m.If(sample):
                m.d.sync += byte.eq(1 << 8)
                m.next = "DATA"
                with m.If(line):
                    m.next = "IDLE"
            with m.State("DATA"), m.If(sample):
                m.d.sync += byte.eq(Cat(byte[1:], line))
                with m.If(byte[1]):
                    m.next = "STOP"
            with m.State("STOP"), m.If(sample):
                m.next = "REST"
                with m.If(line):
                    m.next = "IDLE"
                    with m.If(~self.o.valid | self.o.ready):
                        m.d.sync += [self.o.payload.eq(byte[1:]), self.o.valid.eq(1)]
        return m


class Transmitter(wiring.Component):
    """Sends bytes on a serial line: a start bit, eight data bits from the lowest, a stop bit.

    Takes a byte every ``10 * divisor`` cycles. The line rests high, during reset too.

    Parameters
    ----------
    divisor : int or Value
        Clock cycles of a bit, at least `SHORTEST`.

    Members
    -------
    i : In(stream of unsigned(8))
    tx : Out(1), from a flip-flop
    """

    def __init__(self, divisor: int | Value) -> None:
        self._divisor = _checked(divisor)
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        timer = _timer(self._divisor)
        # What is still to send behind the bit on the line, with a marker behind the stop bit.
        rest = Signal(10, init=1)
        done = Signal()
        m.d.comb += [done.eq(rest == 1), self.i.ready.eq((timer == 0) & done)]
        with m.If(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(~done):
            m.d.sync += [self.tx.eq(rest[0]), rest.eq(rest >> 1), timer.eq(self._divisor - 1)]
        with m.Elif(self.i.valid):
            m.d.sync += [
                self.tx.eq(0),
                rest.eq(Cat(self.i.payload, C(0b11, 2))),
                timer.eq(self._divisor - 1),
            ]
        return m
