"""The stage of scores of integers: a map of them in, the scores of a frame out."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.scores import Scores, integers
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.scores import ScoresLayer


class ScoresStage(ElementwiseStage[ScoresLayer]):
    """The map, integer by integer -> Scores."""

    def leaving(self) -> stream.Signature:
        node = self.layer.node
        self._scores = Scores(
            count=integers(self.layer.widths[0]), positions=self.layer.positions,
            multipliers=node.multipliers.tolist(), offsets=node.offsets.tolist(),
        )  # fmt: skip
        signature: stream.Signature = self._scores.o.signature
        return signature

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        m.submodules.scores = scores = self._scores
        m.d.comb += [
            scores.i.payload.eq(sources[0].payload.as_signed()),
            scores.i.valid.eq(sources[0].valid),
            sources[0].ready.eq(scores.i.ready),
        ]
        connect(m, scores.o, flipped(self.o))


STAGE = ScoresStage
