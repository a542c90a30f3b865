"""The board's side of the link: requests from a stream of bytes to the accelerator, and back."""

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.protocol import Fault, Info, Kind
from hw.cores.link.answer import Answer, score_bytes
from hw.cores.link.cutthrough import CutThrough
from hw.cores.link.framebuffer import FrameBuffers
from hw.cores.link.packet import Deframer, Enframer
from hw.cores.link.ring import Ring
from hw.cores.stream.converter import Widener
from hw.cores.stream.fifo import Fifo
from hw.plan import plan

WAITING = 8
"""Requests that may wait for their reply."""

TICKET = data.StructLayout({"sequence": unsigned(8), "fault": unsigned(3), "classify": unsigned(1)})
"""Layout of a request that waits."""

STATUS = data.StructLayout({"busy": unsigned(1), "fault": unsigned(1), "klass": unsigned(8)})
"""Images are on the way; the last frame had a fault; the last class (its low bits)."""


class Link(wiring.Component):
    """Answers every request in the order of arrival (docs/protocol.md).

    An image waits in its slot until its CRC is found right, then enters the accelerator, which
    therefore never sees a broken frame. ``i`` is stalled for a few cycles of a frame at most.

    Without slots an image enters as it comes, if no other is under way. One that breaks off is made
    whole with zeros, and what the accelerator says to a broken one is dropped: the error is told
    after that, so that the next image finds nothing of it. ``i`` is stalled as the accelerator is.

    Parameters
    ----------
    info : Info
        What the INFO command answers; its shapes size the slots and the pixels.
    scores : StructLayout
        Payload of the accelerator's output.
    gap : int
        Cycles of silence that end a frame.
    doublings : Value, optional
        As of `hw.cores.link.timeout.IdleTimeout`.
    slots : hw.plan.plan.Slots
        What is kept of images; None: at multiples of a power of two, as many as ``info`` says.
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
        ``info`` does not agree with ``scores`` or ``slots``, or an image is no whole number of
        beats.
    """

    def __init__(
        self,
        *,
        info: Info,
        scores: data.StructLayout,
        gap: int,
        slots: plan.Slots | None = None,
        pixels: int = 1,
        doublings: Value | None = None,
    ) -> None:
        self._kept = slots or plan.Slots(count=info.slots)
        if info.slots != self._kept.window:
            raise ValueError(
                f"INFO says {info.slots} images under way, but {self._kept} allow "
                f"{self._kept.window}"
            )
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
        self._gap, self._doublings = gap, doublings
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
        slots = self._slots()
        m.submodules.deframer = deframer = Deframer(
            lengths=lengths, gap=self._gap, fitting=not isinstance(slots, FrameBuffers),
            doublings=self._doublings,
        )
        m.submodules.slots = slots
        m.submodules.widener = widener = Widener(8, self._beat)
        m.submodules.waiting = waiting = Fifo(TICKET, WAITING)
        m.submodules.answer = answer = Answer(self._scores)
        m.submodules.enframer = enframer = Enframer(max(info.answer_bytes, len(info.encode())))

        connect(m, flipped(self.i), deframer.i)
        self._send(m, deframer.payload, slots)
        connect(m, slots.o, widener.i)
        connect(m, widener.o, flipped(self.image))
        connect(m, flipped(self.scores), answer.i)
        connect(m, enframer.o, flipped(self.o))
        self._accept(m, deframer.o, slots, waiting)
        self._reply(m, waiting, enframer, slots, answer)
        return m

    @staticmethod
    def _send(
        m: Module, payload: stream.Interface, slots: FrameBuffers | Ring | CutThrough
    ) -> None:
        """A frame's payload into its slot. The memory of `FrameBuffers` may be far away, and its
        counters with it, so that bytes go there through registers: the frame's request comes two
        cycles behind its last byte at the earliest."""
        if not isinstance(slots, FrameBuffers):
            connect(m, payload, slots.i)
            return
        m.d.comb += payload.ready.eq(1)
        m.d.sync += [slots.i.valid.eq(payload.valid), slots.i.payload.eq(payload.payload)]

    def _slots(self) -> FrameBuffers | Ring | CutThrough:
        """The component that keeps images, or passes them on."""
        size, count = self._info.image_bytes, self._kept.count
        if not count:
            return CutThrough(size=size)
        return (Ring if self._kept.exact else FrameBuffers)(size=size, count=count)

    def _accept(
        self,
        m: Module,
        request: stream.Interface,
        slots: FrameBuffers | Ring | CutThrough,
        waiting: Fifo,
    ) -> None:
        """A sound image stays in its slot; every request waits for its reply.

        Of one that entered as it came, that ``classify`` is kept with a fault as well: there will
        be scores. It has a place in the queue, as it had one when it began.
        """
        classify, sound, fault = Signal(), Signal(), Signal.like(request.p.fault)
        scored = classify
        if isinstance(slots, CutThrough):
            scored = classify & slots.entered
        m.d.comb += [
            request.ready.eq(1),
            classify.eq(request.p.kind == Kind.CLASSIFY),
            sound.eq(classify & (request.p.fault == Fault.NONE)),
            fault.eq(Mux(sound & slots.lost, Fault.BUSY, request.p.fault)),
            waiting.i.payload.eq(Cat(request.p.sequence, fault, scored)),
            waiting.i.valid.eq(request.valid),
            # An image without a place in the queue would make the answers slip by one.
            slots.keep.eq(request.valid & sound & ~slots.lost & waiting.i.ready),
            slots.forget.eq(request.valid & ~slots.keep),
            self.status.busy.eq(slots.busy),
        ]
        if isinstance(slots, CutThrough):
            m.d.comb += slots.room.eq(waiting.i.ready)
        with m.If(request.valid):
            m.d.sync += self.status.fault.eq(fault != Fault.NONE)

    def _reply(
        self,
        m: Module,
        waiting: Fifo,
        enframer: Enframer,
        slots: FrameBuffers | Ring | CutThrough,
        answer: Answer,
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
            if isinstance(slots, CutThrough):
                self._withhold(m, waiting, header, slots, answer)
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

    def _withhold(
        self,
        m: Module,
        waiting: Fifo,
        header: stream.Interface,
        slots: CutThrough,
        answer: Answer,
    ) -> None:
        """The scores of a broken image go nowhere; its error is told when the last one is gone."""
        scores, gone = self.scores, Signal()
        with m.If(waiting.o.valid & waiting.o.payload.classify):
            m.d.comb += [
                header.valid.eq(gone),
                answer.o.ready.eq(~gone),
                slots.release.eq(header.ready),
            ]
            with m.If(header.ready):
                m.d.sync += gone.eq(0)
            with m.Elif(scores.valid & scores.ready & scores.p.last):
                m.d.sync += gone.eq(1)
