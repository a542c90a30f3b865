"""The stage of a global sum: a map of integers in, one position of sums out."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.global_sum import GlobalSum
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.global_sum import GlobalSumLayer


class GlobalSumStage(ElementwiseStage[GlobalSumLayer]):
    """The map -> GlobalSum."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        layer, folding = self.layer, self.folding
        m.submodules.global_sum = total = GlobalSum(
            lanes=folding.pe, beats=layer.beats(folding), positions=layer.positions,
            element=layer.widths[0], width=layer.bits,
        )  # fmt: skip
        connect(m, sources[0], total.i)
        connect(m, total.o, flipped(self.o))


STAGE = GlobalSumStage
