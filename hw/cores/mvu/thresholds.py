"""The memory of values that the sums of a matrix-vector unit start from: their thresholds,
negated."""

import numpy as np
from amaranth import Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import rom
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.delay import registered
from hw.cores.fabric.home import Home
from hw.cores.fabric.rom import Table
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import whole_passes


class ThresholdMemory(wiring.Component):
    """Start values of the sums of a border class, a pass and a use, two cycles after their index.

    Sums that start alike in every word share what holds it: where pixels side by side differ only
    at the border of a map, all those in between cost nothing.

    Parameters
    ----------
    shape : Shape
        Of a sum.
    words : int64 array (words, pixels, pe)
        As `start_words` orders them: as many for every class, a power of two.
    classes : int
    home : "block" or "lut"

    Members
    -------
    index : In(ceil_log2(words / classes))
    border : In(ceil_log2(classes))
    o : Out(data.ArrayLayout(shape, pixels * pe))
    """

    def __init__(self, *, shape: Shape, words: np.ndarray, classes: int, home: Home) -> None:
        self._shape, self._home = shape, home
        self._columns = list(map(tuple, words.reshape(len(words), -1).T.tolist()))
        super().__init__({
            "index": In(ceil_log2(len(words) // classes)),
            "border": In(ceil_log2(classes)),
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

    def _read(self, m: Module, width: int, words: list[int]) -> Value:
        """The word two cycles after its address."""
        address = Signal(ceil_log2(len(words)))
        wanted = self.index | self.border << len(self.index)
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


def start_words(sizes: MvuSizes, thresholds: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """The words of the memory by address: pass behind use behind border class, powers of two of
    uses and of passes, of which those that there are not are 0.

    The sign of a full sum decides, so a sum starts from its threshold on the count, negated, less
    what the lanes give too much. A threshold that no count reaches, or that all do, is as good as
    the nearest at the end of their range. What totals start from, negated, is always reached.

    Parameters
    ----------
    sizes : MvuSizes
    thresholds : int64 array (border classes, uses, pixels, outputs * copies)
        Of any number of pixels.
    excess : int64 array (passes * pe,)
        By how much the lanes of a row give more than its count.

    Returns
    -------
    int64 array (words, pixels, pe * copies)
    """
    given = sizes.pe * sizes.copies
    reached = thresholds if sizes.totals else np.clip(thresholds, *sizes.count_range)
    reached = whole_passes(reached, given)
    starts = -reached - excess.repeat(sizes.copies)
    classes, uses, pixels, _ = starts.shape
    starts = starts.reshape(classes, uses, pixels, sizes.passes, given).transpose(0, 3, 1, 2, 4)
    beyond = [(0, (1 << ceil_log2(size)) - size) for size in (sizes.passes, uses)]
    starts = np.pad(starts, ((0, 0), *beyond, (0, 0), (0, 0)))
    return starts.reshape(-1, pixels, given)


def home(sizes: MvuSizes, words: int) -> Home:
    """The home of so many words: LUTs for few, blocks for many, unless the sizes name one."""
    return sizes.thresholds_home or rom.home(words)


def resources(sizes: MvuSizes, words: np.ndarray, family: Family = ECP5) -> Resources:
    """Cost of a `ThresholdMemory` of ``words`` as of `start_words`; pixels that are alike need be
    in them only once."""
    count, width = len(words), sizes.total_width
    if home(sizes, count) == "block":
        changing = np.bitwise_or.reduce(words ^ words[:1, :1], axis=0) & ((1 << width) - 1)
        bits = int(np.bitwise_count(changing).sum())
        registers = rom.registers(bits, count, "block", family)
        return rom.resources(bits, count, "block", family) + Resources(ff=registers)
    bits = _different(words, width)
    return rom.resources(bits, count, "lut") + Resources(ff=bits)


def _different(words: np.ndarray, width: int) -> int:
    """The number of different columns of bits, constant ones left out, of up to 64 words, int64
    (words, ...)."""
    numbers = np.arange(len(words), dtype=np.uint64).reshape(-1, *[1] * (words.ndim - 1))
    columns = [
        (((words >> bit) & 1).astype(np.uint64) << numbers).sum(axis=0, dtype=np.uint64)
        for bit in range(width)
    ]
    every = (1 << len(words)) - 1
    return len(set(np.unique(columns).tolist()) - {0, every})
