"""A circular buffer of which several places are read in every cycle."""

from collections.abc import Sequence

from amaranth import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.choice import chosen
from hw.cores.fabric.home import Home
from hw.cores.fabric.ram import Ram
from hw.cores.fabric.vendor import cells


class LineBuffer(wiring.Component):
    """``o[k]`` is the word ``reaches[k][group]`` places after ``address``, two cycles later.

    A word may be read from the second cycle on after it was written, and its place written again
    from the second on after that of the address. Nothing but registers is between memory and the
    rest, but what is written where a family has few of them.

    Words are written one after the other, round and round. Each place that is read has a memory
    of its own, all of them written together, but equal reaches share one. A reach that is the same
    for every group costs no adder: its memory is written as many places back.

    Parameters
    ----------
    width, depth : int
        Bits of a word, and words; the depth is a power of two.
    reaches : sequence of sequence (groups) of int
    home : "block" or "lut"

    Members
    -------
    write : In(1)
    word : In(width)
    address : In(ceil_log2(depth))
    group : In(ceil_log2(groups))
    o : Out(data.ArrayLayout(width, len(reaches)))
    """

    def __init__(
        self, *, width: int, depth: int, reaches: Sequence[Sequence[int]], home: Home
    ) -> None:
        self._width, self._depth, self._home = width, depth, home
        self._reaches = [tuple(reach) for reach in reaches]
        super().__init__({
            "write": In(1),
            "word": In(width),
            "address": In(ceil_log2(depth)),
            "group": In(ceil_log2(len(self._reaches[0]))),
            "o": Out(data.ArrayLayout(width, len(self._reaches))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        write, word = Signal(), Signal.like(self.word, reset_less=True)
        domain = m.d.comb if cells(platform).family.few_registers else m.d.sync
        domain += [write.eq(self.write), word.eq(self.word)]
        addresses: dict[tuple[int, ...], Value] = {}
        copies: dict[tuple[int, ...], Ram] = {}
        for number, reach in enumerate(dict.fromkeys(self._reaches)):
            ram = Ram(width=self._width, depth=self._depth, home=self._home)
            copies[reach] = m.submodules[f"copy{number}"] = ram
            further = tuple(place - reach[0] for place in reach)
            if further not in addresses:
                addresses[further] = self._further(m, f"further{len(addresses)}", further)
            m.d.comb += [
                ram.write.eq(write),
                ram.write_address.eq(self._written(m, f"written{number}", write, -reach[0])),
                ram.write_data.eq(word),
                ram.read.eq(1),
                ram.read_address.eq(addresses[further]),
            ]
        m.d.comb += [self.o[k].eq(copies[reach].data) for k, reach in enumerate(self._reaches)]
        return m

    def _written(self, m: Module, name: str, write: Value, first: int) -> Value:
        """The address that the next word goes to, one after the other: as far back as the memory is
        read further on."""
        written = Signal.like(self.address, name=name, init=first % self._depth)
        with m.If(write):
            m.d.sync += written.eq(written + 1)
        return written

    def _further(self, m: Module, name: str, further: Sequence[int]) -> Value:
        """The address, so many places on in every group; a cycle later, as memory is far away."""
        place = Signal.like(self.address, name=name, reset_less=True)
        m.d.sync += place.eq(self.address + chosen(m, f"{name}_by", self.group, further))
        return place
