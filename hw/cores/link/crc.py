"""The link's CRC-32, that of Ethernet and zlib, a bit each cycle: a serial line leaves the time."""

from amaranth import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.wiring import In, Out


class BitwiseCrc(wiring.Component):
    """CRC of bytes, lowest bit first, in the order of the line; ``binascii.crc32`` in gates.

    ``byte`` is held for eight steps; ``last`` marks the eighth. Each byte of its own CRC that is
    taken, lowest first, moves the next one into the low byte of ``value``.

    Members
    -------
    byte : In(8)
    step : In(1), take the next bit
    start : In(1), forget the message; bits taken meanwhile do not count
    own : In(1), ``byte`` is from ``value``
    last : Out(1)
    value : Out(32)
    sound : Out(1), the message ends with its own CRC
    """

    def __init__(self) -> None:
        super().__init__({
            "byte": In(8), "step": In(1), "start": In(1), "own": In(1),
            "last": Out(1), "value": Out(32), "sound": Out(1),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        processor = CRC32_ISO_HDLC(data_width=1).create()
        # As a reset it costs nothing; the processor's own start is a LUT for every bit.
        m.submodules.processor = ResetInserter(self.start)(processor)
        at = Signal(3)
        m.d.comb += [
            self.last.eq(at == 7),
            # The CRC is the register's complement; the register's own bits would leave nothing.
            processor.data.eq(self.byte.bit_select(at, 1) ^ self.own),
            processor.valid.eq(self.step),
            self.value.eq(processor.crc),
            self.sound.eq(processor.match_detected),
        ]
        with m.If(self.step):
            m.d.sync += at.eq(at + 1)
        return m
