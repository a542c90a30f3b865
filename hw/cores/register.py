"""A two-deep stream buffer: its ready is a flip-flop, so a chain of readys ends here."""

from amaranth import Module
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Register(wiring.Component):
    """Passes a stream on through two registers.

    One beat each cycle, one cycle of latency. ``i.ready``, ``o.valid`` and ``o.payload`` come
    straight from flip-flops: nothing combinational runs through. Costs two flip-flops and one
    LUT4 for every bit of payload.

    Parameters
    ----------
    shape : shape-like
        Shape of the payload.

    Members
    -------
    i : In(stream of shape)
    o : Out(stream of shape)
    """

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
