"""Scores of good frames, released when the verdict on their frame is there; others are lost."""

from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out


class Release(wiring.Component):
    """Scores go on with a verdict of 1, and go nowhere with one of 0; a verdict is for a frame.

    A score each cycle, no latency. All of ``o.valid``, ``i.ready`` and ``verdict.ready`` follow the
    other ends combinationally.

    Parameters
    ----------
    scores : StructLayout
        Payload of `hw.cores.scores.Scores`: ``score``, ``klass``, ``last``.

    Members
    -------
    i : In(stream of scores)
    verdict : In(stream of unsigned(1))
    o : Out(stream of scores)
    lost : Out(1)
        In this cycle the last score of a frame goes nowhere.
    """

    def __init__(self, scores: data.StructLayout) -> None:
        super().__init__({
            "i": In(stream.Signature(scores)),
            "verdict": In(stream.Signature(1)),
            "o": Out(stream.Signature(scores)),
            "lost": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        good, end = self.verdict.p, self.i.valid & self.i.ready & self.i.p.last
        m.d.comb += [
            self.o.p.eq(self.i.p),
            self.o.valid.eq(self.i.valid & self.verdict.valid & good),
            self.i.ready.eq(self.verdict.valid & (self.o.ready | ~good)),
            self.verdict.ready.eq(end),
            self.lost.eq(end & ~good),
        ]
        return m
