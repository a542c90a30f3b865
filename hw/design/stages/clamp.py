"""The stage of a clamp: a map of integers in, one of fewer out."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.clamp import Clamp
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.clamp import ClampLayer


class ClampStage(ElementwiseStage[ClampLayer]):
    """The map -> Clamp."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        layer = self.layer
        m.submodules.clamp = clamp = Clamp(
            lanes=self.folding.pe, element=layer.widths[0], limits=layer.limits, width=layer.bits
        )
        connect(m, sources[0], clamp.i)
        connect(m, clamp.o, flipped(self.o))


STAGE = ClampStage
