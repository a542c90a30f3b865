"""The board's side of the link: requests from a stream of bytes to the accelerator, and back."""

from amaranth import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.protocol import Fault, Info, Kind
from hw.cores.answer import Answer, score_bytes
from hw.cores.backlog import Backlog
from hw.cores.gather import Gather
from hw.cores.packet import Deframer, Enframer
from hw.cores.slots import Slots

WAITING = 8
"""Requests that may wait for their reply."""

TICKET = data.StructLayout({"sequence": unsigned(8), "fault": unsigned(3), "classify": unsigned(1)})
"""What is kept of a request that waits."""

STATUS = data.StructLayout({"busy": unsigned(1), "fault": unsigned(1), "klass": unsigned(8)})
"""Images are on the way; the last frame had a fault; the last class (its low bits)."""


class Link(wiring.Component):
    """Answers every request in the order of arrival (docs/protocol.md).

    An image waits in its slot until its CRC is found right, then enters the accelerator, which
    therefore never sees a broken frame. ``i`` is stalled for a few cycles of a frame at most.

    Parameters
    ----------
    info : Info
        What the INFO command answers; its shapes size the slots and the pixels.
    scores : StructLayout
        Payload of the accelerator's output.
    gap : int
        Cycles of silence that end a frame.
    pixels : int
        Of a beat of ``image``.

    Members
    -------
    i, o : streams of unsigned(8), from and to the host
    image : Out(stream of unsigned(8 * channels * pixels)), raster order, the first pixel lowest
    scores : In(stream of scores)
    status : Out(STATUS)

    Raises
    ------
    ValueError
        ``info`` and ``scores`` do not agree, or an image is no whole number of beats.
    """

    def __init__(
        self, *, info: Info, scores: data.StructLayout, gap: int, pixels: int = 1
    ) -> None:
        if info.score_bytes != score_bytes(scores):
            raise ValueError(
                f"INFO says {info.score_bytes} bytes a score,"
                f" but a score is {scores['score'].shape}"
            )
        self._beat = info.shape[0] * pixels
        if info.image_bytes % self._beat:
            raise ValueError(
                f"{pixels} pixels a beat do not divide an image of {info.image_bytes} bytes, "
                f"{info.shape[0]} a pixel"
            )
        self._info = info
        self._scores = scores
        self._gap = gap
        super().__init__({
            "i": In(stream.Signature(8)),
            "o": Out(stream.Signature(8)),
            "image": Out(stream.Signature(8 * self._beat)),
            "scores": In(stream.Signature(scores)),
            "status": Out(STATUS),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        info = self._info
        lengths: dict[int, int] = {Kind.INFO: 0, Kind.CLASSIFY: info.image_bytes}
        m.submodules.deframer = deframer = Deframer(lengths=lengths, gap=self._gap)
        m.submodules.slots = slots = Slots(size=info.image_bytes, count=info.slots)
        m.submodules.gather = gather = Gather(8, self._beat)
        m.submodules.waiting = waiting = Backlog(TICKET, WAITING)
        m.submodules.answer = answer = Answer(self._scores)
        m.submodules.enframer = enframer = Enframer(max(info.answer_bytes, len(info.encode())))

        connect(m, flipped(self.i), deframer.i)
        connect(m, deframer.payload, slots.i)
        connect(m, slots.o, gather.i)
        connect(m, gather.o, flipped(self.image))
        connect(m, flipped(self.scores), answer.i)
        connect(m, enframer.o, flipped(self.o))
        self._accept(m, deframer.o, slots, waiting)
        self._reply(m, waiting, enframer, slots, answer)
        return m

    def _accept(
        self, m: Module, request: stream.Interface, slots: Slots, waiting: Backlog
    ) -> None:
        """A sound image stays in its slot; every request waits for its reply."""
        classify, sound, fault = Signal(), Signal(), Signal.like(request.p.fault)
        m.d.comb += [
            request.ready.eq(1),
            classify.eq(request.p.kind == Kind.CLASSIFY),
            sound.eq(classify & (request.p.fault == Fault.NONE)),
            fault.eq(Mux(sound & slots.lost, Fault.BUSY, request.p.fault)),
            waiting.i.payload.eq(Cat(request.p.sequence, fault, classify)),
            waiting.i.valid.eq(request.valid),
            # An image without a place in the queue would make the answers slip by one.
            slots.keep.eq(request.valid & sound & ~slots.lost & waiting.i.ready),
            slots.forget.eq(request.valid & ~slots.keep),
            self.status.busy.eq(slots.busy),
        ]
        with m.If(request.valid):
            m.d.sync += self.status.fault.eq(fault != Fault.NONE)

    def _reply(
        self, m: Module, waiting: Backlog, enframer: Enframer, slots: Slots, answer: Answer
    ) -> None:
        """The oldest request chooses the header and where the payload comes from."""
        oldest = waiting.o.payload
        header, payload = enframer.i, enframer.payload
        info = self._info.encode()
        at, told = Signal(range(len(info))), Signal(8)
        # A byte is taken every nine cycles: the next one is there long before.
        rom = Const(int.from_bytes(info, "little"), 8 * len(info))
        m.d.sync += told.eq(rom.word_select(at, 8))
        m.d.comb += [
            header.valid.eq(waiting.o.valid),
            header.p.sequence.eq(oldest.sequence),
            waiting.o.ready.eq(header.ready),
        ]
        with m.If(oldest.fault != Fault.NONE):
            m.d.comb += [header.p.kind.eq(Kind.ERROR), header.p.length.eq(1)]
            m.d.comb += [payload.p.eq(oldest.fault), payload.valid.eq(1)]
        with m.Elif(oldest.classify):
            m.d.comb += header.p.kind.eq(Kind.CLASSIFY_REPLY)
            m.d.comb += header.p.length.eq(self._info.answer_bytes)
            m.d.comb += slots.release.eq(header.ready)
            connect(m, answer.o, payload)
        with m.Else():
            m.d.comb += [header.p.kind.eq(Kind.INFO_REPLY), header.p.length.eq(len(info))]
            m.d.comb += [payload.p.eq(told), payload.valid.eq(1)]
        with m.If(header.ready):
            m.d.sync += at.eq(0)
        with m.Elif(payload.ready):
            m.d.sync += at.eq(at + 1)
        with m.If(self.scores.valid & self.scores.ready & self.scores.p.last):
            m.d.sync += self.status.klass.eq(self.scores.p.klass)
