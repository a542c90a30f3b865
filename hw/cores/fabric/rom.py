"""Constant memories: words that come round in turn, and words by address."""

import math
from collections.abc import Sequence

from amaranth import Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.blocks import cut
from hw.cores.fabric.counter import counter
from hw.cores.fabric.delay import registered
from hw.cores.fabric.home import Home

STYLES = {"block": "block", "lut": "logic"}
"""yosys' names for the homes of a memory that is never written."""

CELL = 16
"""Words of a bit that a LUT4 holds."""

FEW = 64
"""Words up to which constants cost less in LUTs: an ECP5 of any size has a block for about every
400 LUT4, and a block takes 36 bits of a word."""


class Weights(wiring.Component):
    """The words in turn, round and round: ``data`` is that of a ``step`` two cycles later, or one.

    Nothing but the register of the address goes to block memory, which is spread over the device.
    Words in LUTs are read a cycle later, so that they are registered once.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
    home : "block" or "lut"
    soon : one cycle later.

    Members
    -------
    step : In(1)
    data : Out(width)
    """

    def __init__(
        self, *, width: int, words: Sequence[int], home: Home, soon: bool = False
    ) -> None:
        self._width, self._words, self._home, self._soon = width, words, home, soon
        super().__init__({"step": In(1), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self._words) == 1:
            m.d.comb += self.data.eq(Const(self._words[0], self._width))
            return m
        memory: BlockRom | Table
        step: Value = self.step
        if self._home == "block" and not self._soon:
            memory = BlockRom(width=self._width, words=self._words)
        else:
            memory = Table(width=self._width, words=self._words, home=self._home)
            step = step if self._soon else registered(m, step, "late")
        m.submodules.memory = memory
        word = counter(m, "word", step, len(self._words)).value
        m.d.comb += [
            memory.read.eq(1),
            memory.address.eq(word),
            self.data.eq(memory.data),
        ]
        return m


class Rom(wiring.Component):
    """The words in turn, round and round, from block memory: with ``step``, ``data`` becomes the
    next one, from the register that it comes out of.

    ``step`` counts only while ``ready``, which comes a cycle after reset and never goes again:
    memory is read one word ahead.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int

    Members
    -------
    step : In(1)
        Goes on to the next word, from none to the first; only while ``ready``.
    ready : Out(1)
    data : Out(width)
    """

    def __init__(self, *, width: int, words: Sequence[int]) -> None:
        self._width, self._words = width, words
        super().__init__({"step": In(1), "ready": Out(1), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self._words) == 1:
            m.d.comb += [self.data.eq(Const(self._words[0], self._width)), self.ready.eq(1)]
            return m
        advance = Signal()
        word = counter(m, "word", advance, len(self._words)).value
        m.submodules.memory = memory = BlockRom(width=self._width, words=self._words)
        m.d.comb += [
            advance.eq(self.step | ~self.ready),
            memory.read.eq(advance),
            memory.address.eq(word),
            self.data.eq(memory.data),
        ]
        m.d.sync += self.ready.eq(1)
        return m


class Table(wiring.Component):
    """``data`` is the word at ``address``, one cycle later; holds while ``read`` is low.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
        Addresses beyond the last word are never asked for.
    home : "block" or "lut"

    Members
    -------
    read : In(1)
    address : In(ceil_log2(len(words)))
    data : Out(width)
    """

    def __init__(self, *, width: int, words: Sequence[int], home: Home) -> None:
        self._width, self._words, self._home = width, words, home
        super().__init__({
            "read": In(1),
            "address": In(ceil_log2(len(words))),
            "data": Out(width),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self._words) == 1:
            m.d.comb += self.data.eq(Const(self._words[0], self._width))
            return m
        m.submodules.memory = memory = Memory(
            shape=self._width,
            depth=len(self._words),
            init=self._words,
            attrs={"ram_style": STYLES[self._home]},
        )
        port = memory.read_port()
        m.d.comb += [
            port.addr.eq(self.address),
            port.en.eq(self.read),
            self.data.eq(port.data),
        ]
        return m


def home(words: int) -> Home:
    """The usual home of so many words: LUTs for few, blocks for many."""
    return "lut" if words <= FEW else "block"


def resources(width: int, words: int, home: Home, family: Family = ECP5) -> Resources:
    """Cost of constants by address, as random as weights are, without the register behind."""
    if home == "block":
        blocks, rows, _ = cut(width, words, family)
        return Resources(lut=width * (rows - 1), ebr=blocks)
    if words <= CELL:
        return Resources(lut=different(width, words))
    return Resources(lut=round(width * (2 * words / CELL - 1)))


def registers(width: int, words: int, home: Home, family: Family = ECP5) -> int:
    """Flip-flops behind constants: a block has its own, but for rows that logic chooses from, or
    its address has them; of words in LUTs every bit that differs has one."""
    if home == "block":
        return width if family.lut_memory and cut(width, words, family).rows > 1 else 0
    return different_registers(width, words)


def different_registers(width: int, words: int) -> int:
    """Flip-flops of ``width`` random columns of ``words`` bits: those that `different` counts, but
    for complements, which need one as well."""
    return _kinds(width, 2.0 ** min(words, 60) - 2)


def different(width: int, words: int) -> int:
    """LUT4 of ``width`` random columns of ``words`` bits: none for a column that is constant, or
    that equals another or its complement."""
    return _kinds(width, 2.0 ** min(words - 1, 60) - 1)


def _kinds(draws: int, kinds: float) -> int:
    """The expected number of different kinds among so many draws of equally likely ``kinds``."""
    return round(kinds * -math.expm1(-draws / kinds)) if kinds else 0
