"""The stage of an add: two maps of integers in, their sum out."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.add import Add
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.add import AddLayer


class AddStage(ElementwiseStage[AddLayer]):
    """Both maps -> Add."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        one, other = self.layer.widths
        m.submodules.add = add = Add(
            lanes=self.folding.pe, widths=(one, other), width=self.layer.bits
        )
        connect(m, sources[0], add.i)
        connect(m, sources[1], add.i1)
        connect(m, add.o, flipped(self.o))


STAGE = AddStage
