"""Scores and class of a frame as the bytes that a host reads."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

CLASS_BYTES = 2


def score_bytes(scores: data.StructLayout) -> int:
    """Bytes that hold one score of a payload layout."""
    return -(-scores["score"].width // 8)


class Answer(wiring.Component):
    """Each score becomes `score_bytes` bytes, lowest first, sign-extended; the class comes last.

    A byte each cycle. ``i.ready`` follows ``o.ready`` on the last byte of a score.

    Parameters
    ----------
    scores : StructLayout
        Payload of `Scores`: ``score``, ``klass``, ``last``.

    Members
    -------
    i : In(stream of scores)
    o : Out(stream of unsigned(8))
    """

    def __init__(self, scores: data.StructLayout) -> None:
        self._bytes = score_bytes(scores)
        super().__init__({"i": In(stream.Signature(scores)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        score = Signal.like(self.i.p.score, shape=8 * self._bytes)
        klass = Signal(8 * CLASS_BYTES)
        at = Signal(range(self._bytes + CLASS_BYTES))
        end = Mux(self.i.p.last, self._bytes + CLASS_BYTES - 1, self._bytes - 1)
        m.d.comb += [
            score.eq(self.i.p.score),
            klass.eq(self.i.p.klass),
            self.o.p.eq(Cat(score, klass).word_select(at, 8)),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready & (at == end)),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += at.eq(Mux(at == end, 0, at + 1))
        return m
