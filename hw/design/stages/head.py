"""The stage of a head: a map in, the scores of a frame out."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.scores import Scores
from hw.cores.stream.converter import Narrower
from hw.design.stages.stage import arriving_bits, enter_window, product_mvu, product_window
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.head import HeadLayer
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding


class HeadStage(wiring.Component):
    """``SkidBuffer [-> Converter] -> Window -> Mvu -> Narrower -> Scores``.

    The counts of a pass go out one by one while the next pass runs: of one pixel at a time.

    Parameters
    ----------
    layer, folding, formats, arriving
        As of `hw.design.stages.hidden.HiddenStage`.

    Members
    -------
    i : In(stream of unsigned(inputs of a beat * element bits))
    o : Out(stream of `hw.cores.scores.scores_layout`)

    Raises
    ------
    ValueError
        The folding is of several pixels, or of a last pass that is idle in part.
    """

    def __init__(
        self,
        layer: HeadLayer,
        folding: Folding,
        formats: Formats = PIXELS,
        arriving: Arriving = (None,),
    ) -> None:
        product = layer.product
        if folding.together > 1:
            raise ValueError(
                f"layer {layer.name!r}: {folding.together} pixels at once; a head takes 1"
            )
        if product.outputs % folding.pe:
            raise ValueError(
                f"layer {layer.name!r}: PE {folding.pe} does not divide {product.outputs} classes"
            )
        multipliers, offsets = memory.head_affine(product, layer.scores)
        self._layer = layer
        self._window = product_window(layer, folding, formats)
        self._mvu = product_mvu(layer, folding, self._window, None)
        self._scores = Scores(
            count=self._mvu.sizes.count_shape,
            positions=product.geometry.positions,
            multipliers=multipliers.tolist(),
            offsets=offsets.tolist(),
        )
        super().__init__({
            "i": In(stream.Signature(*arriving_bits(layer, folding, formats, arriving))),
            "o": Out(self._scores.o.signature),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        counts = self._mvu.o.payload.shape()
        m.submodules.window = self._window
        m.submodules.mvu = self._mvu
        m.submodules.narrower = narrower = Narrower(self._mvu.sizes.count_width, counts.length)
        m.submodules.scores = self._scores
        enter_window(m, flipped(self.i), self._layer, self._window)
        connect(m, self._window.o, self._mvu.i)
        connect(m, self._mvu.o, narrower.i)
        connect(m, narrower.o, self._scores.i)
        connect(m, self._scores.o, flipped(self.o))
        return m


STAGE = HeadStage
