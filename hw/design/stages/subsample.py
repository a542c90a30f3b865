"""The stage of a subsample: a map of integers in, some rows and columns of it out."""

from amaranth import Cat, Module, Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped

from hw.cores.integers.add import parts, resized
from hw.cores.integers.subsample import Subsample
from hw.design.stages.elementwise import ElementwiseStage
from hw.plan.layers.subsample import SubsampleLayer


class SubsampleStage(ElementwiseStage[SubsampleLayer]):
    """The map -> Subsample, in the bits of what leaves."""

    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        layer, source = self.layer, sources[0]
        m.submodules.subsample = core = Subsample(layer.sizes(self.folding))
        shape = Shape(layer.bits, signed=True)
        m.d.comb += [
            core.i.payload.eq(Cat(
                resized(each, shape) for each in parts(source.payload, layer.widths[0]))),
            core.i.valid.eq(source.valid), source.ready.eq(core.i.ready),
        ]  # fmt: skip
        connect(m, core.o, flipped(self.o))


STAGE = SubsampleStage
