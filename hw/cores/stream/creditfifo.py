"""FIFO at the end of a pipeline that never stops, with places for all that is on its way."""

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.ram import RegisterFile
from hw.cores.fabric.vendor import cells


class CreditFifo(wiring.Component):
    """Keeps what is pushed until it is taken, in order; a word is offered one cycle later.

    Room is reserved before a word sets out, so that nothing on its way must ever be stopped: a net
    that stops thousands of registers at once is the slowest of a large design. ``room`` and
    ``o.valid`` come straight from flip-flops. ``room`` is told a cycle late of a word that was
    taken: who takes and who sends may be far from each other.

    Where distributed memory takes fewer cells, words are there, and who takes moves no more than an
    address. Others move up as the first is taken, for a LUT4 and a flip-flop for every bit of each,
    one LUT4 less in the last.

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
        taken = self.o.valid & self.o.ready
        filled = self._level(m, "filled", self.push, taken)
        returned = Signal()
        m.d.sync += returned.eq(taken)
        m.d.comb += [
            self.room.eq(~self._level(m, "reserved", self.reserve, returned)[-1]),
            self.o.valid.eq(filled[0]),
        ]
        width = Shape.cast(self._shape).width
        if in_memory(width, self._words, cells(platform).family):
            self._remember(m, taken, width)
        else:
            self._shift(m, taken, filled)
        return m

    def _remember(self, m: Module, taken: Value, width: int) -> None:
        """Words in memory, written and read round and round."""
        m.submodules.memory = memory = RegisterFile(width=width, depth=_depth(self._words))
        m.d.comb += [
            memory.write.eq(self.push),
            memory.write_data.eq(self.word),
            self.o.payload.eq(memory.data),
        ]
        for address, moves in ((memory.write_address, self.push), (memory.address, taken)):
            at = Signal.like(address)
            m.d.comb += address.eq(at)
            m.d.sync += at.eq(at + moves)

    def _shift(self, m: Module, taken: Value, filled: Signal) -> None:
        """Words in registers, the first of which is offered."""
        words = [Signal(self._shape, name=f"word{k}", reset_less=True) for k in range(self._words)]
        m.d.comb += self.o.payload.eq(words[0])
        behind = zip(filled[1:], words[1:], strict=True)
        after = [*(Mux(full, word, self.word) for full, word in behind), self.word]
        for full, word, following in zip(filled, words, after, strict=True):
            with m.If(taken | ~full):  # an empty place takes whatever comes
                m.d.sync += word.eq(following)

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
    as many cycles: one more than keep it at full speed, as room is told a cycle late."""
    return 1 + results + -(-(latency + 1) // beats)


def in_memory(width: int, words: int, family: Family) -> bool:
    """True where the words of a `CreditFifo` are in distributed memory, as that takes fewer cells
    than a LUT4 and a flip-flop for every bit, one LUT4 less in the last."""
    return family.lut_memory and ram.lut(width, _depth(words)) < width * (2 * words - 1)


def _depth(words: int) -> int:
    """Words of the memory, whose addresses wrap by themselves."""
    return 1 << ceil_log2(words)


def resources(width: int, words: int, family: Family = ECP5) -> Resources:
    """Cost of a `CreditFifo`."""
    if in_memory(width, words, family):
        control = 2 * words + 2 * ceil_log2(words)
        return Resources(lut=round(ram.lut(width, _depth(words))) + control + 2, ff=control + 1)
    return Resources(lut=(width + 1) * (words - 1) + 6, ff=(width + 2) * words + 1)
