"""Constant words one after the other, each used for several steps, from few block ports."""

from collections.abc import Sequence

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.resources import Resources
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.counter import counter
from hw.cores.fabric.delay import delayed
from hw.cores.fabric.vendor import cells, instance

READ = 2
"""Cycles from an address to its part of a word, in the register behind the block."""

_COPY = """module copy(input clk, input i, output reg o);
  initial o = 0;
  (* keep *) always @(posedge clk) o <= i;
endmodule
"""
"""A register that synthesis does not make one of with others of the same value."""


class Copy(wiring.Component):
    """``o`` is ``i`` a cycle later."""

    def __init__(self) -> None:
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.sync += self.o.eq(self.i)
        return m


class ReusedWords(wiring.Component):
    """Words one after the other, round and round: ``data`` is that of a ``step`` two cycles later.

    A word lasts for ``reuse`` steps, in which the next one is read, a part in each. The first is
    read before ``ready``. Each of ``rows`` parts of a word has registers of its own that tell it
    when to change, as nets to all of them reach far.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
    reuse : int
        At least 2.
    rows : int
        Divides the width.

    Members
    -------
    step : In(1)
        Only while ``ready``.
    ready : Out(1)
        From ``reuse`` cycles after reset on.
    data : Out(width)
    """

    def __init__(self, *, width: int, words: Sequence[int], reuse: int, rows: int = 1) -> None:
        self._width, self._words, self._reuse, self._rows = width, words, reuse, rows
        super().__init__({"step": In(1), "ready": Out(1), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reuse, part = self._reuse, -(-self._width // self._reuse)
        parts = [word >> at & (1 << part) - 1
                 for word in self._words for at in range(0, reuse * part, part)]
        m.submodules.memory = memory = BlockRom(width=part, words=parts)
        advance = self.step | ~self.ready
        m.d.comb += [
            memory.read.eq(1),
            memory.address.eq(counter(m, "part", advance, len(parts)).value),
        ]
        last = counter(m, "use", advance, reuse).wrap
        with m.If(last):
            m.d.sync += self.ready.eq(1)
        # A cycle before a part is there: whether one comes, and the last one of a word.
        comes = delayed(m, {"valid": advance, "last": last}, READ - 1)
        self._keep(m, platform, memory.data, comes["valid"], comes["last"])
        return m

    def _keep(self, m: Module, platform: object, read: Value, comes: Value, last: Value) -> None:
        """Parts one after the other until the word is complete."""
        part = len(read)
        earlier = Signal(part * (self._reuse - 1), reset_less=True)
        complete = Cat(earlier, read)
        size = self._width // self._rows
        for row in range(self._rows):
            taken = self._copy(m, platform, f"taken{row}", comes)
            changed = self._copy(m, platform, f"changed{row}", last)
            bits = slice(row * size, (row + 1) * size)
            share = slice(row * len(earlier) // self._rows, (row + 1) * len(earlier) // self._rows)
            word = Signal(size, name=f"word{row}", reset_less=True)
            with m.If(taken):
                m.d.sync += earlier[share].eq(complete[part:][share])
            with m.If(changed):
                m.d.sync += word.eq(complete[bits])
            m.d.comb += self.data[bits].eq(word)

    def _copy(self, m: Module, platform: object, name: str, value: Value) -> Value:
        """A cycle later, in a register of its own."""
        copy = Signal(name=name)
        if cells(platform).named_copies:
            m.submodules[name] = instance(platform, "copy", _COPY, Copy, i_i=value, o_o=copy)
        else:
            m.d.sync += copy.eq(value)
        return copy


def resources(lanes: int, reuse: int) -> Resources:
    """Cost of `ReusedWords` without their memory: a word, and its parts but the last."""
    if reuse == 1:
        return Resources()
    part = -(-lanes // reuse)
    return Resources(lut=3 * ceil_log2(reuse), ff=2 * lanes - part + 2 * ceil_log2(reuse))
