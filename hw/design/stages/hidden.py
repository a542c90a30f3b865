"""The stage of a hidden layer: a map in, a map of bits out."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.pool import Pool
from hw.cores.stream.converter import Widener
from hw.cores.stream.serialiser import Serialiser
from hw.cores.window.window import Window
from hw.design.stages.stage import arriving_bits, enter, product_mvu, product_window
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.plan import Folding


class HiddenStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Widener [-> Serialiser] [-> Window ->
    Pool]``.

    One pixel a beat on both sides, all channels of it, channel 0 lowest; or the beats of a vector,
    where ``formats`` says so. A frame takes `HiddenLayer.interval` cycles; the next one enters
    while the last one leaves.

    Parameters
    ----------
    layer, folding, formats
    arriving : int
        Inputs of a beat that arrives, where the layer takes those of a vector; None: a pixel's.

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
        arriving: int | None = None,
    ) -> None:
        self._layer, self._folding, self._formats = layer, folding, formats
        self._arriving = arriving_bits(layer, arriving)
        super().__init__({
            "i": In(stream.Signature(self._arriving)),
            "o": Out(stream.Signature(layer.handed(folding, formats))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, folding, formats, pool = self._layer, self._folding, self._formats, self._layer.pool
        rows, columns = memory.border_classes(layer.product, folding.together)
        limits = memory.limits_by_use(
            layer.product, layer.threshold, folding.pixels, folding.reuse
        )
        window = product_window(layer, folding, formats, rows, columns)
        m.submodules.window = window
        m.submodules.mvu = mvu = product_mvu(layer, folding, window, limits)
        # Beats of a vector go on as they come: then this is a wire.
        m.submodules.widener = last = Widener(
            layer.given(folding),
            1 if layer.in_beats(folding, formats) else layer.passes(folding),
            pixels=folding.pixels,
            reuse=folding.reuse,
            kept=layer.handed(folding, formats),
        )
        enter(m, flipped(self.i), self._arriving, window)
        connect(m, window.o, mvu.i)
        connect(m, mvu.o, last.i)
        if folding.together > 1:
            widener, last = last, Serialiser(layer.channels, folding.together)
            m.submodules.serialiser = last
            connect(m, widener.o, last.i)
        if pool is None:
            connect(m, last.o, flipped(self.o))
            return m
        m.submodules.pool_window = taps = Window(layer.pool_window(folding))
        m.submodules.pool = pooled = Pool(
            any_of=pool.any_of.tolist(), taps=pool.geometry.taps, flight=taps.sizes.flight
        )
        connect(m, last.o, taps.i)
        connect(m, taps.o, pooled.i)
        connect(m, pooled.o, flipped(self.o))
        return m


STAGE = HiddenStage
