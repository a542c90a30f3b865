"""The link's CRC-16/XMODEM, a bit each cycle: a serial line leaves all the time for it."""

from amaranth import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.crc.catalog import CRC16_XMODEM
from amaranth.lib.wiring import In, Out


class BitwiseCrc(wiring.Component):
    """CRC of bytes, highest bit first; a quarter of the LUTs of a byte at once.

    ``byte`` is held for eight steps; ``last`` marks the eighth. The CRC of a message with its own
    CRC behind it is 0, and after the high byte of its own CRC the low byte is in the high one.

    Members
    -------
    byte : In(8)
    step : In(1), take the next bit
    start : In(1), forget the message; bits taken meanwhile do not count
    last : Out(1)
    value : Out(16)
    """

    def __init__(self) -> None:
        super().__init__({
            "byte": In(8), "step": In(1), "start": In(1), "last": Out(1), "value": Out(16),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        processor = CRC16_XMODEM(data_width=1).create()
        # As a reset it costs nothing; the processor's own start is a LUT for every bit.
        m.submodules.processor = ResetInserter(self.start)(processor)
        at = Signal(3)
        m.d.comb += [
            self.last.eq(at == 7),
            processor.data.eq(self.byte[::-1].bit_select(at, 1)),
            processor.valid.eq(self.step),
            self.value.eq(processor.crc),
        ]
        with m.If(self.step):
            m.d.sync += at.eq(at + 1)
        return m
