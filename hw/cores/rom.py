"""Constant memories: words that come round in turn, and words by address."""

from collections.abc import Sequence
from typing import Literal

from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.counter import counter
from hw.cores.ebr import BlockRom

Home = Literal["block", "lut"]
"""Embedded block memory, or logic with the constants built in."""

STYLES = {"block": "block", "lut": "logic"}
"""What yosys calls the homes of a memory that is never written."""


class Rom(wiring.Component):
    """The words in turn, round and round: with ``step``, ``data`` becomes the next one, from the
    register that it comes out of.

    ``step`` counts only while ``ready``, which comes a cycle after reset when the words live in
    block memory and never goes again: block memory is read one word ahead.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
    home : "block" or "lut"

    Members
    -------
    step : In(1)
        Goes on to the next word, from none to the first; only while ``ready``.
    ready : Out(1)
    data : Out(width)
    """

    def __init__(self, *, width: int, words: Sequence[int], home: Home) -> None:
        self._width, self._words, self._home = width, words, home
        super().__init__({"step": In(1), "ready": Out(1), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self._words) == 1:
            m.d.comb += [self.data.eq(Const(self._words[0], self._width)), self.ready.eq(1)]
            return m
        turn = Signal()
        word = counter(m, "word", turn, len(self._words)).value
        if self._home == "block":
            m.submodules.memory = memory = BlockRom(width=self._width, words=self._words)
            m.d.comb += [
                turn.eq(self.step | ~self.ready),
                memory.read.eq(turn),
                memory.address.eq(word),
                self.data.eq(memory.data),
            ]
            m.d.sync += self.ready.eq(1)
            return m
        m.submodules.memory = table = Memory(
            shape=self._width,
            depth=len(self._words),
            init=self._words,
            attrs={"ram_style": STYLES[self._home]},
        )
        port, data = table.read_port(domain="comb"), Signal(self._width, reset_less=True)
        m.d.comb += [
            turn.eq(self.step),
            self.ready.eq(1),
            port.addr.eq(word),
            self.data.eq(data),
        ]
        with m.If(self.step):
            m.d.sync += data.eq(port.data)
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
