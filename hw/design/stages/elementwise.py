"""What stages without a window share: every source in beats of the folding's lanes."""

from abc import abstractmethod
from typing import Generic, TypeVar

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, flipped

from hw.design.stages.stage import arriving_bits, enter, inputs
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding

Kind = TypeVar("Kind", bound=ElementwiseLayer)


class ElementwiseStage(wiring.Component, Generic[Kind]):
    """``SkidBuffer [-> Converter] -> core``, from each source.

    Parameters
    ----------
    layer, folding, formats, arriving
        As of `hw.design.stages.hidden.HiddenStage`.

    Members
    -------
    i, i1, ... : In(stream of unsigned(integers of a beat * bits of one))
    o : Out(stream of unsigned(what `Layer.handed` says))
    """

    def __init__(
        self,
        layer: Kind,
        folding: Folding,
        formats: Formats = PIXELS,
        arriving: Arriving = (None,),
    ) -> None:
        self.layer, self.folding, self.formats = layer, folding, formats
        widths = arriving_bits(layer, folding, formats, arriving)
        ends = {f"i{number or ''}": In(stream.Signature(width))
                for number, width in enumerate(widths)}
        super().__init__({**ends, "o": Out(self.leaving())})

    def leaving(self) -> stream.Signature:
        """The stream that goes out."""
        return stream.Signature(self.layer.handed(self.folding, self.formats))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        taken = self.layer.lanes(self.folding, self.formats)
        ports = enumerate(zip(inputs(self, len(self.layer.sources)), self.layer.widths,
                              strict=True))
        self.compute(m, [enter(m, flipped(i), taken * width, number)
                         for number, (i, width) in ports])
        return m

    @abstractmethod
    def compute(self, m: Module, sources: list[wiring.PureInterface]) -> None:
        """Add what makes the stream ``o`` of the sources' beats."""
