"""Width conversion of streams: several narrow beats become a wide one, or the other way round."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Gather(wiring.Component):
    """``beats`` beats of ``width`` bits become one beat; the first is in the low bits.

    The wide beat is offered in the cycle of its last narrow beat: no latency, one narrow beat
    each cycle. ``i.ready`` follows ``o.ready`` combinationally on the last beat.

    Parameters
    ----------
    width : int
        Bits of a narrow beat, at least 1.
    beats : int
        Narrow beats to a wide one, at least 1 (then it is a wire).

    Members
    -------
    i : In(stream of unsigned(width))
    o : Out(stream of unsigned(width * beats))

    Raises
    ------
    ValueError
        ``width`` or ``beats`` is below 1.
    """

    def __init__(self, width: int, beats: int) -> None:
        super().__init__({
            "i": In(stream.Signature(width)),
            "o": Out(stream.Signature(width * beats)),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError


class Scatter(wiring.Component):
    """One beat of ``width * beats`` bits becomes ``beats`` beats of ``width``, low bits first.

    One narrow beat each cycle, no gap between wide beats. ``o.valid`` follows ``i.valid`` and
    ``i.ready`` follows ``o.ready`` combinationally; the wide beat is accepted with its last part.

    Parameters
    ----------
    width : int
        Bits of a narrow beat, at least 1.
    beats : int
        Narrow beats to a wide one, at least 1 (then it is a wire).

    Members
    -------
    i : In(stream of unsigned(width * beats))
    o : Out(stream of unsigned(width))

    Raises
    ------
    ValueError
        ``width`` or ``beats`` is below 1.
    """

    def __init__(self, width: int, beats: int) -> None:
        super().__init__({
            "i": In(stream.Signature(width * beats)),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
