"""Constant memories: words that come round in turn, and words by address."""

from collections.abc import Sequence
from typing import Literal

from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.counter import counter

Home = Literal["block", "lut"]
"""Embedded block memory, or logic with the constants built in."""

STYLES = {"block": "block", "lut": "logic"}
"""What yosys calls the homes of a memory that is never written."""


class Rom(wiring.Component):
    """The words in turn, round and round: ``data`` is one word until ``step``, then the next.

    ``data`` counts only while ``ready``, which comes a cycle after reset when the words live in
    block memory and never goes again. Block memory is read one word ahead, so ``data`` is its
    output, late in the cycle: put a register behind it.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
    home : "block" or "lut"

    Members
    -------
    step : In(1)
        Goes on to the next word; only while ``ready``.
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
        m.submodules.memory = memory = Memory(
            shape=self._width,
            depth=len(self._words),
            init=self._words,
            attrs={"ram_style": STYLES[self._home]},
        )
        ahead = self._home == "block"
        port = memory.read_port(domain="sync" if ahead else "comb")
        turn = Signal()
        word = counter(m, "word", turn, len(self._words))
        m.d.comb += [port.addr.eq(word.value), self.data.eq(port.data)]
        if ahead:
            m.d.comb += [turn.eq(self.step | ~self.ready), port.en.eq(turn)]
            m.d.sync += self.ready.eq(1)
        else:
            m.d.comb += [turn.eq(self.step), self.ready.eq(1)]
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
