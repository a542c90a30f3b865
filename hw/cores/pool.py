"""Max-pool on bits: OR over the window, or AND for channels that folding negated."""

from collections.abc import Sequence

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Pool(wiring.Component):
    """``taps`` pixels in a row become one: OR (``any_of``) or AND of each channel.

    The result is offered in the cycle of the last tap: no latency, one beat each cycle.
    ``i.ready`` follows ``o.ready`` combinationally on the last beat. Costs a LUT4 and a flip-flop
    for each channel. Feed it from a `Window` of the same channels with one pass and one border
    class, whose payload then is just the data.

    Parameters
    ----------
    any_of : sequence of bool
        For every channel True for OR, False for AND; its length is the number of channels.
    taps : int
        Pixels of a window, at least 1.
    together : int
        Taps in one beat (the window's simd / channels); divides ``taps``.

    Members
    -------
    i : In(stream of unsigned(channels * together))
    o : Out(stream of unsigned(channels))

    Raises
    ------
    ValueError
        No channels, no taps, or ``together`` does not divide ``taps``.
    """

    def __init__(self, *, any_of: Sequence[bool], taps: int, together: int = 1) -> None:
        channels = len(any_of)
        super().__init__({
            "i": In(stream.Signature(channels * together)),
            "o": Out(stream.Signature(channels)),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
