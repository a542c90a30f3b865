"""AXI4-Stream: frames that end with TLAST go in, and a packet of scores comes out for each."""

from types import MappingProxyType

from amaranth import Module
from amaranth.lib.wiring import connect

from hw.cores.link.release import Release
from hw.cores.link.whole import WholeFrames, marked
from hw.cores.stream import fifo, skid
from hw.cores.stream.fifo import Fifo
from hw.cores.stream.skid import SkidBuffer
from hw.design.interface import Interface, Port
from hw.plan.latency import latency

ERROR = "frame_error"


class Axis(Interface):
    """``skid -> whole -> image`` and ``scores -> waiting -> release -> skid``; the verdicts on
    frames go from ``whole`` to ``release`` and wait in ``verdicts``.

    Scores of a whole frame can wait for their verdict: a network may have its scores before the
    last pixels of an image, which no kernel reads, and must not hold these up. Verdicts of as many
    frames wait as are under way at full speed. All ports are from or to flip-flops but for READY,
    TVALID and the payload of the two skid buffers, which are theirs.
    """

    clock, reset, low = "aclk", "aresetn", True
    entry = MappingProxyType({
        "data": "s_axis_tdata", "valid": "s_axis_tvalid", "ready": "s_axis_tready",
        "last": "s_axis_tlast",
    })  # fmt: skip
    leave = MappingProxyType({
        "score": "m_axis_tdata", "klass": "m_axis_tuser", "last": "m_axis_tlast",
        "valid": "m_axis_tvalid", "ready": "m_axis_tready",
    })  # fmt: skip
    latency = 2 * skid.LATENCY + fifo.LATENCY
    summary = "AXI4-Stream"
    broken = (
        "A frame whose TLAST comes early is filled up with zeros inside the core, while TREADY is "
        "low; one whose TLAST comes late is cut, and its other beats up to TLAST are dropped. "
        f"Neither gives a packet of scores. `{ERROR}` is 1 for a cycle for each of them. The frame "
        "behind the TLAST is a new one."
    )

    def _ports(self) -> tuple[Port, ...]:
        score = 8
        while score < self._layout["score"].width:
            score *= 2  # so that software reads an array of whole integers
        return (
            Port(name="s_axis_tdata", width=self._width, output=False, text="pixels, see below"),
            Port(name="s_axis_tvalid", width=1, output=False, text="TVALID of the pixels"),
            Port(name="s_axis_tready", width=1, output=True, text="TREADY of the pixels"),
            Port(name="s_axis_tlast", width=1, output=False, text="the last beat of a frame"),
            Port(name="m_axis_tdata", width=score, output=True, text="a score, with its sign"),
            Port(name="m_axis_tuser", width=self.class_bits, output=True,
                 text="the best class so far; with TLAST, the answer"),
            Port(name="m_axis_tvalid", width=1, output=True, text="TVALID of the scores"),
            Port(name="m_axis_tready", width=1, output=False, text="TREADY of the scores"),
            Port(name="m_axis_tlast", width=1, output=True, text="the score of the last class"),
            Port(name=ERROR, width=1, output=True,
                 text="1 for a cycle: a frame had its TLAST at the wrong place"),
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, plan = self.plan.network, self.plan
        under_way = latency(network, plan.foldings, plan.entry) // plan.interval + 2
        m.submodules.entered = entered = SkidBuffer(marked(self._width))
        m.submodules.whole = whole = WholeFrames(width=self._width, beats=self.beats)
        m.submodules.verdicts = verdicts = Fifo(1, fifo.depth(under_way))
        m.submodules.waiting = waiting = Fifo(self._layout, fifo.depth(len(network.classes)))
        m.submodules.release = release = Release(self._layout)
        m.submodules.left = left = SkidBuffer(self._layout)
        connect(m, entered.o, whole.i)
        connect(m, whole.verdict, verdicts.i)
        connect(m, verdicts.o, release.verdict)
        connect(m, waiting.o, release.i)
        connect(m, release.o, left.i)
        answered = release.o.valid & release.o.ready & release.o.p.last
        m.d.comb += [
            entered.i.p.data.eq(self.port("s_axis_tdata")),
            entered.i.p.last.eq(self.port("s_axis_tlast")),
            entered.i.valid.eq(self.port("s_axis_tvalid")),
            self.port("s_axis_tready").eq(entered.i.ready),
            self.image.p.eq(whole.o.p),
            self.image.valid.eq(whole.o.valid),
            whole.o.ready.eq(self.image.ready),
            waiting.i.p.eq(self.scores.p),
            waiting.i.valid.eq(self.scores.valid),
            self.scores.ready.eq(waiting.i.ready),
            self.port("m_axis_tdata").eq(left.o.p.score),
            self.port("m_axis_tuser").eq(left.o.p.klass),
            self.port("m_axis_tlast").eq(left.o.p.last),
            self.port("m_axis_tvalid").eq(left.o.valid),
            left.o.ready.eq(self.port("m_axis_tready")),
            self.events.began.eq(whole.began),
            self.events.taken.eq(whole.good),
            self.events.bad.eq(whole.bad),
            self.events.answered.eq(answered),
            self.events.lost.eq(release.lost),
            self.events.klass.eq(release.o.p.klass),
        ]
        m.d.sync += self.port(ERROR).eq(whole.bad)
        return m


INTERFACE = Axis
