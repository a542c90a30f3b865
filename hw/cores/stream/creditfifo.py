"""FIFO at the end of a pipeline that never stops, with places for all that is on its way."""

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources


class CreditFifo(wiring.Component):
    """Keeps what is pushed until it is taken, in order; a word is offered one cycle later.

    Room is reserved before a word sets out, so that nothing on its way must ever be stopped: a net
    that stops thousands of registers at once is the slowest of a large design. ``room``,
    ``o.valid`` and ``o.payload`` come straight from flip-flops. Words move up as the first is
    taken, for a LUT4 and a flip-flop for every bit of each, one LUT4 less in the last.

    Parameters
    ----------
    shape : shape-like
    words : int
        At least 1.

    Members
    -------
    room : Out(1)
        A word may still be reserved.
    reserve : In(1)
        One is; only while there is ``room``.
    push : In(1)
        Of a word that was reserved.
    word : In(shape)
    o : Out(stream of shape)

    Raises
    ------
    ValueError
        ``words`` is below 1.
    """

    def __init__(self, shape: ShapeLike, words: int) -> None:
        if words < 1:
            raise ValueError(f"a queue of {words} words: it must have at least 1")
        self._shape, self._words = shape, words
        super().__init__({
            "room": Out(1),
            "reserve": In(1),
            "push": In(1),
            "word": In(shape),
            "o": Out(stream.Signature(shape)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = [Signal(self._shape, name=f"word{k}", reset_less=True) for k in range(self._words)]
        taken = self.o.valid & self.o.ready
        filled = self._level(m, "filled", self.push, taken)
        m.d.comb += [
            self.room.eq(~self._level(m, "reserved", self.reserve, taken)[-1]),
            self.o.valid.eq(filled[0]),
            self.o.payload.eq(words[0]),
        ]
        behind = zip(filled[1:], words[1:], strict=True)
        after = [*(Mux(full, word, self.word) for full, word in behind), self.word]
        for full, word, following in zip(filled, words, after, strict=True):
            with m.If(taken | ~full):  # an empty place takes whatever comes
                m.d.sync += word.eq(following)
        return m

    def _level(self, m: Module, name: str, more: Value, fewer: Value) -> Signal:
        """A count of words, as many ones."""
        level = Signal(self._words, name=name)
        with m.If(more & ~fewer):
            m.d.sync += level.eq(level << 1 | 1)
        with m.Elif(fewer & ~more):
            m.d.sync += level.eq(level >> 1)
        return level


def words(latency: int, beats: int, results: int = 1) -> int:
    """Words behind a pipeline of ``latency`` cycles, ``results`` of which leave in ``beats`` times
    as many cycles: one more than keep it at full speed."""
    return 1 + results + -(-latency // beats)


def resources(width: int, words: int) -> Resources:
    """Cost of a `CreditFifo`."""
    return Resources(lut=(width + 1) * (words - 1) + 6, ff=(width + 2) * words)
