"""The stage of a hidden layer: a map in, a map of bits out."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.stream.converter import Widener
from hw.cores.stream.serialiser import Serialiser
from hw.design.stages.pooling import pooled
from hw.design.stages.stage import arriving_bits, enter_window, product_mvu, product_window
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding


class HiddenStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Widener [-> Serialiser] [-> Window ->
    Pool]``.

    On both sides pixels, of each all channels, channel 0 lowest: as many in a beat as ``folding``
    says, most often one; or the beats of a vector, where ``formats`` says so. A frame takes
    `HiddenLayer.interval` cycles; the next one enters while the last one leaves.

    Parameters
    ----------
    layer, folding, formats
    arriving : Arriving
        Inputs of a beat that arrives, where beats of a vector or of integers do; None: a pixel's.

    Members
    -------
    i : In(stream of unsigned(inputs of a beat * element bits))
    o : Out(stream of unsigned(output channels, or those of PE where it gives beats of a vector))
    """

    def __init__(
        self,
        layer: HiddenLayer,
        folding: Folding,
        formats: Formats = PIXELS,
        arriving: Arriving = (None,),
    ) -> None:
        self._layer, self._folding, self._formats = layer, folding, formats
        super().__init__({
            "i": In(stream.Signature(*arriving_bits(layer, folding, formats, arriving))),
            "o": Out(stream.Signature(layer.handed(folding, formats))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, folding, formats = self._layer, self._folding, self._formats
        rows, columns = memory.border_classes(layer.product, folding.together)
        limits = memory.limits_by_use(
            layer.product, layer.threshold, folding.pixels, folding.reuse
        )
        window = product_window(layer, folding, formats, rows, columns)
        m.submodules.window = window
        m.submodules.mvu = mvu = product_mvu(layer, folding, window, limits)
        # Beats of a vector go on as they come: then this is a wire.
        in_beats = layer.in_beats(folding, formats)
        m.submodules.widener = last = Widener(
            layer.given(folding),
            1 if in_beats else layer.passes(folding),
            pixels=folding.pixels,
            reuse=folding.reuse,
            kept=layer.given(folding) if in_beats else layer.channels,
            registered=layer.far(folding, formats),
        )
        enter_window(m, flipped(self.i), layer, window)
        connect(m, window.o, mvu.i)
        connect(m, mvu.o, last.i)
        if folding.parts > 1:
            widener, last = last, Serialiser(layer.channels * folding.leaves, folding.parts)
            m.submodules.serialiser = last
            connect(m, widener.o, last.i)
        connect(m, pooled(m, last.o, layer.pool, folding), flipped(self.o))
        return m


STAGE = HiddenStage
