"""Frames of the link in gates (docs/protocol.md): bytes to requests, replies to bytes."""

from collections.abc import Mapping

from amaranth import C, Cat, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc.catalog import CRC16_XMODEM
from amaranth.lib.wiring import In, Out

from boards.protocol import CHECK, HEADER, START, Fault

REQUEST = data.StructLayout({"kind": unsigned(8), "sequence": unsigned(8), "fault": unsigned(3)})
"""What a received frame asked for, or which `Fault` it has."""

REPLY = data.StructLayout({"kind": unsigned(8), "sequence": unsigned(8), "length": unsigned(16)})
"""The header of a frame to send; ``length`` counts bytes of payload."""


class Silence(wiring.Component):
    """``o`` tells, for one cycle, that ``gap`` cycles have passed since the last ``i``.

    Members
    -------
    i : In(1)
    o : Out(1)
    """

    def __init__(self, gap: int) -> None:
        self._gap = gap
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        passed = Signal(range(self._gap))
        m.d.comb += self.o.eq((passed == self._gap - 1) & ~self.i)
        m.d.sync += passed.eq(passed + 1)
        with m.If(self.i | self.o):
            m.d.sync += passed.eq(0)
        return m


class Deframer(wiring.Component):
    """Finds frames in a stream of bytes.

    Takes a byte each cycle, but for two cycles in a frame, while its outputs are ready. A frame's
    payload goes out as it comes in; behind it comes one request, and only that says whether the
    payload was sound: who receives the payload keeps it aside until then.

    Parameters
    ----------
    lengths : Mapping
        Payload length of every command, by its kind.
    gap : int
        Cycles without a byte after which a frame is given up, and after which a new one is looked
        for where the last one's end is in doubt.

    Members
    -------
    i : In(stream of unsigned(8))
    payload : Out(stream of unsigned(8))
    o : Out(stream of REQUEST)
    """

    def __init__(self, *, lengths: Mapping[int, int], gap: int) -> None:
        self._lengths = dict(lengths)
        self._longest = max(self._lengths.values())
        self._gap = gap
        super().__init__({
            "i": In(stream.Signature(8)),
            "payload": Out(stream.Signature(8)),
            "o": Out(stream.Signature(REQUEST)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.silence = silence = Silence(self._gap)
        m.submodules.crc = crc = CRC16_XMODEM().create()

        taken = Signal()
        left = Signal(range(max(self._longest, HEADER.size) + 1))
        header = Signal(8 * HEADER.size)
        kind, sequence, length = header[:8], header[8:16], header[16:]
        fault, endless = Signal.like(self.o.p.fault), Signal()
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready),
            silence.i.eq(taken),
            crc.data.eq(self.i.p),
            self.payload.p.eq(self.i.p),
            self.o.p.eq(Cat(kind, sequence, fault)),
        ]

        known, fits = Signal(), Signal()
        with m.Switch(kind):
            for command, expected in self._lengths.items():
                with m.Case(command):
                    m.d.comb += [known.eq(1), fits.eq(length == expected)]

        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += [self.i.ready.eq(1), crc.start.eq(1)]
                with m.If(taken & (self.i.p == START[0])):
                    m.next = "START"

            with m.State("START"):
                m.d.comb += [self.i.ready.eq(1), crc.start.eq(1)]
                m.d.sync += left.eq(HEADER.size)
                with m.If(taken & (self.i.p == START[1])):
                    m.next = "HEADER"
                with m.Elif(silence.o | taken & (self.i.p != START[0])):
                    m.next = "HUNT"

            with m.State("HEADER"):
                m.d.comb += [self.i.ready.eq(left != 0), crc.valid.eq(taken)]
                with m.If(taken):
                    m.d.sync += [header.eq(Cat(header[8:], self.i.p)), left.eq(left - 1)]
                with m.Elif(left == 0):
                    m.d.sync += left.eq(length)
                    m.next = "PAYLOAD"
                    with m.If(length > self._longest):
                        m.d.sync += [fault.eq(Fault.BAD_LENGTH), endless.eq(1)]
                        m.next = "REQUEST"
                with m.Elif(silence.o):
                    # The sequence number may be missing: there is nobody to tell.
                    m.next = "HUNT"

            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.payload.valid.eq(self.i.valid & (left != 0)),
                    self.i.ready.eq(self.payload.ready & (left != 0)),
                    crc.valid.eq(taken),
                ]
                with m.If(taken):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(left == 0):
                    m.d.sync += left.eq(CHECK.size)
                    m.next = "CRC"
                with m.Elif(silence.o):
                    m.d.sync += [fault.eq(Fault.TRUNCATED), endless.eq(0)]
                    m.next = "REQUEST"

            with m.State("CRC"):
                m.d.comb += [self.i.ready.eq(left != 0), crc.valid.eq(taken)]
                with m.If(taken):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(left == 0):
                    m.d.sync += [fault.eq(Fault.NONE), endless.eq(0)]
                    with m.If(~crc.match_detected):
                        # If the length is what the command has, the frame does end here.
                        m.d.sync += [fault.eq(Fault.BAD_CRC), endless.eq(~fits)]
                    with m.Elif(~known):
                        m.d.sync += fault.eq(Fault.UNKNOWN_COMMAND)
                    with m.Elif(~fits):
                        m.d.sync += fault.eq(Fault.BAD_LENGTH)
                    m.next = "REQUEST"
                with m.Elif(silence.o):
                    m.d.sync += [fault.eq(Fault.TRUNCATED), endless.eq(0)]
                    m.next = "REQUEST"

            with m.State("REQUEST"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "HUNT"
                    with m.If(endless):
                        m.next = "SILENCE"

            with m.State("SILENCE"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(silence.o):
                    m.next = "HUNT"
        return m


class Enframer(wiring.Component):
    """Sends a frame for every reply: start, header, payload, CRC; a byte each cycle.

    The reply is accepted with the last byte of its frame, so whoever offers it can choose by it
    what comes as payload.

    Members
    -------
    i : In(stream of REPLY)
    payload : In(stream of unsigned(8)), ``length`` bytes for each reply
    o : Out(stream of unsigned(8))
    """

    def __init__(self) -> None:
        super().__init__({
            "i": In(stream.Signature(REPLY)),
            "payload": In(stream.Signature(8)),
            "o": Out(stream.Signature(8)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = CRC16_XMODEM().create()
        head = Signal(8 * (len(START) + HEADER.size))
        at, left = Signal(range(len(head) // 8)), Signal.like(self.i.p.length)
        sent = Signal()
        m.d.comb += [
            head.eq(Cat(C(int.from_bytes(START, "little"), 8 * len(START)), self.i.p)),
            sent.eq(self.o.valid & self.o.ready),
            crc.data.eq(self.o.p),
        ]

        with m.FSM():
            with m.State("HEAD"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid),
                    self.o.p.eq(head.word_select(at, 8)),
                    crc.start.eq(at < len(START)),
                    crc.valid.eq(sent & (at >= len(START))),
                ]
                with m.If(sent):
                    m.d.sync += [at.eq(at + 1), left.eq(self.i.p.length)]
                    with m.If(at == len(head) // 8 - 1):
                        m.d.sync += at.eq(0)
                        m.next = "PAYLOAD"

            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.o.p.eq(self.payload.p),
                    self.o.valid.eq(self.payload.valid & (left != 0)),
                    self.payload.ready.eq(self.o.ready & (left != 0)),
                    crc.valid.eq(sent),
                ]
                with m.If(sent):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(left == 0):
                    m.next = "CRC HIGH"

            with m.State("CRC HIGH"):
                m.d.comb += [self.o.p.eq(crc.crc[8:]), self.o.valid.eq(1)]
                with m.If(sent):
                    m.next = "CRC LOW"

            with m.State("CRC LOW"):
                m.d.comb += [self.o.p.eq(crc.crc[:8]), self.o.valid.eq(1), self.i.ready.eq(sent)]
                with m.If(sent):
                    m.next = "HEAD"
        return m
