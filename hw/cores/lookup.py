"""The input table: a byte of each channel becomes the small integer the network reads."""

from collections.abc import Sequence

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Lookup(wiring.Component):
    """``o[c] = table[c][i[c]]`` for every channel of a pixel; one pixel and cycle of latency.

    Parameters
    ----------
    table : sequence (channels) of sequence (256) of int
        What each byte becomes. For ``element`` 1 the entries are +1 (bit 1) and -1 (bit 0),
        otherwise integers that fit ``element`` bits of two's complement.
    element : int
        Bits of an entry.

    Members
    -------
    i : In(stream of unsigned(8 * channels))
        Channel 0 lowest.
    o : Out(stream of unsigned(element * channels))

    Raises
    ------
    ValueError
        A table that has not 256 entries, or an entry that does not fit.
    """

    def __init__(self, *, table: Sequence[Sequence[int]], element: int) -> None:
        super().__init__({
            "i": In(stream.Signature(8 * len(table))),
            "o": Out(stream.Signature(element * len(table))),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
