"""The stage of an affine: a map of integers in, one of other integers out."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.affine import Affine
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.affine import AffineLayer


class AffineStage(ElementwiseStage[AffineLayer]):
    """The map -> Affine."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        m.submodules.affine = affine = Affine(self.layer.sizes(self.folding))
        connect(m, sources[0], affine.i)
        connect(m, affine.o, flipped(self.o))


STAGE = AffineStage
