"""The stage of thresholds of integers: a map of integers in, a map of bits out."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.compare import Compare
from hw.cores.stream.converter import Widener
from hw.design.stages.elementwise import ElementwiseStage
from hw.design.stages.pooling import pooled
from hw.plan.layers.bits import BitsLayer


class BitsStage(ElementwiseStage[BitsLayer]):
    """The map -> Compare -> Widener [-> Window -> Pool]. Pixels leave, or the beats of a vector."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        layer, folding, threshold = self.layer, self.folding, self.layer.node
        m.submodules.compare = compare = Compare(
            element=layer.widths[0], lanes=folding.pe, copies=layer.copies,
            thresholds=threshold.thresholds.tolist(), negated=threshold.negated.tolist(),
        )  # fmt: skip
        # Beats of a vector go on as they come: then this is a wire.
        beats = 1 if layer.in_beats(self.formats) else layer.beats(folding)
        m.submodules.widener = widener = Widener(folding.pe * layer.copies, beats)
        connect(m, sources[0], compare.i)
        connect(m, compare.o, widener.i)
        connect(m, pooled(m, widener.o, layer.pool, folding), flipped(self.o))


STAGE = BitsStage
