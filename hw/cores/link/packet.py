"""Frames of the link in gates (docs/protocol.md): bytes to requests, replies to bytes."""

from collections.abc import Mapping

from amaranth import C, Cat, Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from boards.protocol import CHECK, HEADER, START, Fault
from hw.cores.link.crc import BitwiseCrc
from hw.cores.link.timeout import IdleTimeout

REQUEST = data.StructLayout({"kind": unsigned(8), "sequence": unsigned(8), "fault": unsigned(3)})
"""The request of a received frame, or the `Fault` that it has."""


def reply_layout(longest: int) -> data.StructLayout:
    """The header of a frame to send, of at most ``longest`` bytes of payload."""
    length = unsigned(bits_for(longest))
    return data.StructLayout({"kind": unsigned(8), "sequence": unsigned(8), "length": length})


class Deframer(wiring.Component):
    """Finds frames in a stream of bytes.

    Takes a byte every eight cycles, for the CRC, while its outputs are ready. A frame's payload
    goes out as it comes in; behind it comes one request, and only that says whether the payload
    was sound: who receives the payload keeps it aside until then.

    Parameters
    ----------
    lengths : Mapping
        Payload length of every command, by its kind.
    gap : int
        Cycles without a byte after which a frame is given up, and after which a new one is looked
        for where the last one's end is in doubt; `IdleTimeout` may take half of it.
    doublings : Value, optional
        As of `IdleTimeout`.
    fitting : bool
        Of a frame whose length is not its command's, no payload goes out: for those who cannot
        take more, or a part of it.

    Members
    -------
    i : In(stream of unsigned(8))
    payload : Out(stream of unsigned(8))
    o : Out(stream of REQUEST)
    """

    def __init__(
        self, *, lengths: Mapping[int, int], gap: int, fitting: bool = False,
        doublings: Value | None = None,
    ) -> None:
        self._lengths = dict(lengths)
        self._gap, self._doublings = gap, doublings
        self._fitting = fitting
        super().__init__({
            "i": In(stream.Signature(8)),
            "payload": Out(stream.Signature(8)),
            "o": Out(stream.Signature(REQUEST)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        header = Signal(8 * HEADER.size)
        kind, sequence, length = header[:8], header[8:16], header[16:]
        # A length that fills more than the counter fits no command, so this much is compared.
        left = Signal(bits_for(max(self._lengths.values())))
        length, beyond = length[: len(left)], length[len(left) :]
        counted = Signal(range(HEADER.size + 1))
        fault, endless = Signal.like(self.o.p.fault), Signal()

        # A byte is taken with its last bit, in a state that wants it.
        wanted, taken = Signal(), Signal()
        m.submodules.timeout = timeout = IdleTimeout(self._gap, self._doublings)
        m.submodules.crc = crc = BitwiseCrc()
        m.d.comb += [
            timeout.i.eq(self.i.valid),
            crc.byte.eq(self.i.p),
            crc.step.eq(self.i.valid & wanted & (~crc.last | self.i.ready)),
            self.i.ready.eq(wanted & crc.last),
            taken.eq(self.i.valid & self.i.ready),
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
                m.d.comb += [wanted.eq(1), crc.start.eq(1)]
                with m.If(taken & (self.i.p == START[0])):
                    m.next = "START"

            with m.State("START"):
                m.d.comb += [wanted.eq(1), crc.start.eq(1)]
                m.d.sync += counted.eq(0)
                with m.If(taken & (self.i.p == START[1])):
                    m.next = "HEADER"
                with m.Elif(timeout.o | taken & (self.i.p != START[0])):
                    m.next = "HUNT"

            with m.State("HEADER"):
                m.d.comb += wanted.eq(counted != HEADER.size)
                with m.If(taken):
                    m.d.sync += [header.eq(Cat(header[8:], self.i.p)), counted.eq(counted + 1)]
                with m.Elif(counted == HEADER.size):
                    m.d.sync += left.eq(length)
                    m.next = "PAYLOAD"
                    with m.If(beyond.any()):
                        m.d.sync += [fault.eq(Fault.BAD_LENGTH), endless.eq(1)]
                        m.next = "REQUEST"
                with m.Elif(timeout.o):
                    # The sequence number may be missing: there is nobody to tell.
                    m.next = "HUNT"

            with m.State("PAYLOAD"):
                m.d.comb += [
                    wanted.eq(left != 0),
                    self.payload.valid.eq(self.i.valid & wanted & crc.last),
                    self.i.ready.eq(self.payload.ready & wanted & crc.last),
                ]
                if self._fitting:
                    with m.If(~fits):
                        m.d.comb += [self.payload.valid.eq(0), self.i.ready.eq(wanted & crc.last)]
                with m.If(taken):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(left == 0):
                    m.d.sync += counted.eq(0)
                    m.next = "CRC"
                with m.Elif(timeout.o):
                    m.d.sync += [fault.eq(Fault.TRUNCATED), endless.eq(0)]
                    m.next = "REQUEST"

            with m.State("CRC"):
                m.d.comb += wanted.eq(counted != CHECK.size)
                with m.If(taken):
                    m.d.sync += counted.eq(counted + 1)
                with m.Elif(counted == CHECK.size):
                    m.d.sync += [fault.eq(Fault.NONE), endless.eq(0)]
                    with m.If(~crc.sound):
                        # If the length is what the command has, the frame does end here.
                        m.d.sync += [fault.eq(Fault.BAD_CRC), endless.eq(~fits)]
                    with m.Elif(~known):
                        m.d.sync += fault.eq(Fault.UNKNOWN_COMMAND)
                    with m.Elif(~fits):
                        m.d.sync += fault.eq(Fault.BAD_LENGTH)
                    m.next = "REQUEST"
                with m.Elif(timeout.o):
                    m.d.sync += [fault.eq(Fault.TRUNCATED), endless.eq(0)]
                    m.next = "REQUEST"

            with m.State("REQUEST"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "HUNT"
                    with m.If(endless):
                        m.next = "SILENCE"

            with m.State("SILENCE"):
                m.d.comb += wanted.eq(1)
                with m.If(timeout.o):
                    m.next = "HUNT"
        return m


class Enframer(wiring.Component):
    """Sends a frame for every reply: start, header, payload, CRC; a byte every nine cycles.

    The reply is accepted when the last byte of its frame is next, so whoever offers it can choose
    by it what comes as payload.

    Parameters
    ----------
    longest : int
        Most bytes of payload of a reply.

    Members
    -------
    i : In(stream of reply_layout(longest))
    payload : In(stream of unsigned(8)), ``length`` bytes for each reply
    o : Out(stream of unsigned(8)), from flip-flops
    """

    def __init__(self, longest: int) -> None:
        super().__init__({
            "i": In(stream.Signature(reply_layout(longest))),
            "payload": In(stream.Signature(8)),
            "o": Out(stream.Signature(8)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = BitwiseCrc()
        # ``full``: the byte in ``o`` is not sent; its bits go into the CRC before it is offered.
        full, load, sent = Signal(), Signal(), Signal()
        m.d.comb += [
            sent.eq(self.o.valid & self.o.ready),
            self.o.valid.eq(full & crc.last),
            crc.byte.eq(self.o.p),
            crc.step.eq(full & (~crc.last | self.o.ready)),
        ]
        with m.If(load):
            m.d.sync += full.eq(1)
        with m.Elif(sent):
            m.d.sync += full.eq(0)

        byte = Signal(8)
        with m.If(load):
            m.d.sync += self.o.p.eq(byte)

        start = C(int.from_bytes(START, "little"), 8 * len(START))
        head = Signal(8 * (len(START) + HEADER.size))
        at = Signal(range(len(head) // 8))
        left = Signal(max(len(self.i.p.length), bits_for(CHECK.size)))
        m.d.comb += head.eq(Cat(start, self.i.p))

        with m.FSM():
            with m.State("HEAD"):
                m.d.comb += [
                    byte.eq(head.word_select(at, 8)),
                    load.eq(self.i.valid & ~full),
                    # The byte in ``o`` is the one before ``at``.
                    crc.start.eq(at <= len(START)),
                ]
                with m.If(load):
                    m.d.sync += [at.eq(at + 1), left.eq(self.i.p.length)]
                    with m.If(at == len(head) // 8 - 1):
                        m.d.sync += at.eq(0)
                        m.next = "PAYLOAD"

            with m.State("PAYLOAD"):
                m.d.comb += [
                    byte.eq(self.payload.p),
                    self.payload.ready.eq(~full & (left != 0)),
                    load.eq(self.payload.valid & self.payload.ready),
                ]
                with m.If(load):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(left == 0):
                    m.d.sync += left.eq(CHECK.size)
                    m.next = "CRC"

            with m.State("CRC"):
                # Its low byte every time: behind each, the next has moved down. Before the first,
                # what goes into it is still the payload's.
                m.d.comb += [
                    byte.eq(crc.value[:8]), load.eq(~full), crc.own.eq(left != CHECK.size)
                ]  # fmt: skip
                with m.If(load):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 1):
                        m.d.comb += self.i.ready.eq(1)
                        m.next = "HEAD"
        return m
