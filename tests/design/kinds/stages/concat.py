"""The stage of a concat: two streams that are taken together."""

from typing import Any

from amaranth import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.plan.formats import Formats
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding


class ConcatStage(wiring.Component):
    def __init__(
        self, layer: Any, folding: Folding, formats: Formats, arriving: Arriving
    ) -> None:
        channels = layer.shape[0]
        super().__init__({
            "i": In(stream.Signature(channels // 2)),
            "i1": In(stream.Signature(channels // 2)),
            "o": Out(stream.Signature(channels)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        both = self.i.valid & self.i1.valid
        m.d.comb += [
            self.o.valid.eq(both),
            self.o.payload.eq(Cat(self.i.payload, self.i1.payload)),
            self.i.ready.eq(both & self.o.ready),
            self.i1.ready.eq(both & self.o.ready),
        ]
        return m


STAGE = ConcatStage
