"""Max-pool on bits: OR over the window, or AND for channels that folding negated."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from boards.resources import Resources
from hw.cores.fabric.counter import counter
from hw.cores.stream import creditfifo
from hw.cores.stream.credit import CreditStream
from hw.cores.stream.creditfifo import CreditFifo

LATENCY = 1
"""Cycles from the last tap to the result."""


class Pool(wiring.Component):
    """``taps`` pixels in a row become one: OR (``any_of``) or AND of each channel.

    The result is valid ``LATENCY`` cycles after the last tap came, one beat each cycle, from a
    `CreditFifo`: nothing stops what is on its way. Costs a LUT4 and a flip-flop for each channel,
    and for each of every word that waits. Feed it from a `Window` of the same channels with one
    pass and one border class, whose payload then is just the data.

    Parameters
    ----------
    any_of : sequence of bool
        For every channel True for OR, False for AND; its length is the number of channels.
    taps : int
        Pixels of a window, at least 1.
    together : int
        Taps in one beat (the window's simd / channels); divides ``taps``.
    flight : int
        Cycles that a beat is on its way before it comes.

    Members
    -------
    i : In(CreditStream of unsigned(channels * together))
    o : Out(stream of unsigned(channels))

    Raises
    ------
    ValueError
        No channels, no taps, or ``together`` does not divide ``taps``.
    """

    def __init__(
        self, *, any_of: Sequence[bool], taps: int, together: int = 1, flight: int = 0
    ) -> None:
        channels = len(any_of)
        if not channels:
            raise ValueError("any_of is empty: a pool needs at least one channel")
        if taps < 1 or together < 1 or taps % together:
            raise ValueError(f"{together} taps in a beat do not divide the {taps} of a window")
        self._any_of, self._beats, self._together = tuple(any_of), taps // together, together
        self._places = creditfifo.words(flight + LATENCY, self._beats)
        super().__init__({
            "i": In(CreditStream(unsigned(channels * together))),
            "o": Out(stream.Signature(channels)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        channels = len(self._any_of)
        any_of = sum(1 << c for c, one in enumerate(self._any_of) if one)
        all_of = any_of ^ ((1 << channels) - 1)
        # Starts as what neither an OR nor an AND notices, by the set or reset of its flip-flops.
        so_far, result = Signal(channels, init=all_of), Signal(channels)
        beat = counter(m, "beat", self.i.valid, self._beats)
        m.submodules.queue = queue = CreditFifo(channels, self._places)
        connect(m, queue.o, flipped(self.o))
        taps = [so_far, *_parts(self.i.p, self._together)]
        m.d.comb += [
            result.eq(reduce(or_, taps) & any_of | reduce(and_, taps) & all_of),
            self.i.room.eq(queue.room),
            queue.reserve.eq(self.i.reserve),
            queue.push.eq(beat.wrap),
            queue.word.eq(result),
        ]
        with m.If(beat.wrap):
            m.d.sync += so_far.eq(all_of)
        with m.Elif(self.i.valid):
            m.d.sync += so_far.eq(result)
        return m


def _parts(value: Value, count: int) -> list[Value]:
    size = len(value) // count
    return [value[part * size : (part + 1) * size] for part in range(count)]


def resources(channels: int, taps: int, together: int = 1) -> Resources:
    """Cost of a `Pool` without its FIFO: an OR or AND, of three more taps in every LUT4, and a
    flip-flop a channel."""
    loop = ceil_log2(taps // together)
    return Resources(lut=channels * -(-together // 3) + 3 * loop, ff=channels + loop)
