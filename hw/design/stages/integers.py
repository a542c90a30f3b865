"""The stage of a product whose sums go on: a map in, a map of integers out."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.stream.converter import Narrower
from hw.design.stages.stage import arriving_bits, enter_window, product_mvu, product_window
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.integers import IntegersLayer
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding


class IntegersStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Narrower``.

    The sums of a pass go out some at a time while the next pass runs.

    Parameters
    ----------
    layer, folding, formats, arriving
        As of `hw.design.stages.hidden.HiddenStage`.

    Members
    -------
    i : In(stream of unsigned(inputs of a beat * bits of one))
    o : Out(stream of unsigned(channels of a beat * bits of a sum))
    """

    def __init__(
        self,
        layer: IntegersLayer,
        folding: Folding,
        formats: Formats = PIXELS,
        arriving: Arriving = (None,),
    ) -> None:
        self._layer, self._folding, self._formats = layer, folding, formats
        super().__init__({
            "i": In(stream.Signature(*arriving_bits(layer, folding, formats, arriving))),
            "o": Out(stream.Signature(layer.handed(folding))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, folding = self._layer, self._folding
        rows, columns = memory.border_classes(layer.product)
        window = product_window(layer, folding, self._formats, rows, columns)
        m.submodules.window = window
        m.submodules.mvu = mvu = product_mvu(
            layer, folding, window, memory.totals(layer.product)
        )
        m.submodules.narrower = narrower = Narrower(
            layer.handed(folding), folding.pe // layer.together(folding)
        )
        enter_window(m, flipped(self.i), layer, window)
        connect(m, window.o, mvu.i)
        connect(m, mvu.o, narrower.i)
        connect(m, narrower.o, flipped(self.o))
        return m


STAGE = IntegersStage
