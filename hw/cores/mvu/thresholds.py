"""What the sums of a matrix-vector unit start from: their limits, negated."""

from collections.abc import Sequence

from amaranth import Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.delay import registered
from hw.cores.fabric.home import Home
from hw.cores.fabric.rom import FEW, Table


class ThresholdMemory(wiring.Component):
    """``o[q * pe + p]`` is ``values[border][q * channels + turn * pe + p]``, two cycles later.

    Sums that start alike in every class and pass share what holds it: where pixels side by side
    differ only at the border of a map, all those in between cost nothing.

    Parameters
    ----------
    shape : Shape
        Of a value.
    values : sequence (classes) of sequence (pixels * channels) of int
    pe, passes : int
        ``channels`` is their product.
    home : "block" or "lut"

    Members
    -------
    turn : In(ceil_log2(passes))
    border : In(ceil_log2(classes))
    o : Out(data.ArrayLayout(shape, pixels * pe))
    """

    def __init__(
        self, *, shape: Shape, values: Sequence[Sequence[int]], pe: int, passes: int, home: Home
    ) -> None:
        self._shape, self._home = shape, home
        self._columns = list(_columns(values, pe, passes))
        super().__init__({
            "turn": In(ceil_log2(passes)),
            "border": In(ceil_log2(len(values))),
            "o": Out(data.ArrayLayout(shape, len(self._columns))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        kept = {column: place for place, column in enumerate(dict.fromkeys(self._columns))}
        bits = self._shape.width
        words = [
            sum((value % (1 << bits)) << (place * bits) for place, value in enumerate(row))
            for row in zip(*kept, strict=True)
        ]
        if len(set(words)) == 1:
            words = words[:1]
        row = self._read(m, len(kept) * bits, words)
        for each, column in zip(self.o, self._columns, strict=True):
            m.d.comb += each.eq(row.word_select(kept[column], bits))
        return m

    def _read(self, m: Module, width: int, words: Sequence[int]) -> Value:
        """The word two cycles after its address."""
        address = Signal(ceil_log2(len(words)))
        wanted = self.turn | self.border << len(self.turn)
        table: BlockRom | Table
        if self._home == "block" and len(words) > 1:
            table = BlockRom(width=width, words=words)
            m.d.comb += address.eq(wanted)
        else:
            table = Table(width=width, words=words, home="lut")
            m.d.comb += address.eq(registered(m, wanted, "word"))
        m.submodules.table = table
        m.d.comb += [table.read.eq(1), table.address.eq(address)]
        return table.data


def words(classes: int, passes: int, turns: int) -> int:
    """Words of the memory: one for every border class, pass and turn, by address."""
    return classes << ceil_log2(passes) + ceil_log2(turns)


def home(words: int) -> Home:
    """Where so many live."""
    return "lut" if words <= FEW else "block"


def _columns(
    values: Sequence[Sequence[int]], pe: int, passes: int
) -> Sequence[tuple[int, ...]]:
    """For every sum its values in the order of their addresses; those of no pass are 0."""
    beyond = (0,) * ((1 << ceil_log2(passes)) - passes)
    channels = pe * passes
    return [
        tuple(
            value
            for row in values
            for value in (*row[first + p : first + channels : pe], *beyond)
        )
        for first in range(0, len(values[0]), channels)
        for p in range(pe)
    ]
