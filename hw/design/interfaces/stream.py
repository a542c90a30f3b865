"""The accelerator's own streams, ready and valid, with nothing between them and the ports."""

from types import MappingProxyType

from amaranth import Module, Signal

from hw.cores.fabric.counter import counter
from hw.design.interface import Interface, Port


class Stream(Interface):
    """Pixels and scores with VALID and READY, as narrow as they are. A frame is so many beats."""

    clock, reset, low = "clk", "rst", False
    entry = MappingProxyType({"data": "i_data", "valid": "i_valid", "ready": "i_ready"})
    leave = MappingProxyType({
        "score": "o_score", "klass": "o_class", "last": "o_last", "valid": "o_valid",
        "ready": "o_ready",
    })  # fmt: skip
    latency = 0
    summary = "ready/valid streams"
    broken = "A frame has no mark at its end: beats are counted from reset on."

    def _ports(self) -> tuple[Port, ...]:
        score = self._layout["score"].width
        return (
            Port(name="i_data", width=self._width, output=False, text="pixels, see below"),
            Port(name="i_valid", width=1, output=False, text="i_data is there"),
            Port(name="i_ready", width=1, output=True, text="i_data is taken at this edge"),
            Port(name="o_score", width=score, output=True, text="a score, in two's complement"),
            Port(name="o_class", width=self.class_bits, output=True,
                 text="the best class so far; with o_last, the answer"),
            Port(name="o_last", width=1, output=True, text="the score of the last class"),
            Port(name="o_valid", width=1, output=True, text="o_score, o_class, o_last are there"),
            Port(name="o_ready", width=1, output=False, text="they are taken at this edge"),
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        image, scores = self.image, self.scores
        m.d.comb += [
            image.p.eq(self.port("i_data")),
            image.valid.eq(self.port("i_valid")),
            self.port("i_ready").eq(image.ready),
            self.port("o_score").eq(scores.p.score),
            self.port("o_class").eq(scores.p.klass),
            self.port("o_last").eq(scores.p.last),
            self.port("o_valid").eq(scores.valid),
            scores.ready.eq(self.port("o_ready")),
        ]
        if self._counted:
            goes, started = image.valid & image.ready, Signal()
            at = counter(m, "at", goes, self.beats)
            with m.If(goes):
                m.d.sync += started.eq(~at.last)
            m.d.comb += [
                self.events.began.eq(goes & ~started),
                self.events.taken.eq(goes & at.last),
                self.events.answered.eq(scores.valid & scores.ready & scores.p.last),
                self.events.klass.eq(scores.p.klass),
            ]
        return m


INTERFACE = Stream
