"""A circular buffer of which several places are read in every cycle."""

from collections.abc import Sequence

from amaranth import Cat, Module, Signal, Value
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

    Places are written one after the other, round and round; of a place with several words each in
    its turn, and the one that is read is chosen by ``part``, for all places alike. Each place that
    is read has a memory of its own, all of them written together, but equal reaches share one. A
    reach that is the same for every group costs no adder: its memory is written as many places
    back.

    Parameters
    ----------
    width, depth : int
        Bits of a word, and places; the depth is a power of two.
    reaches : sequence of sequence (groups) of int
    home : "block" or "lut"
    parts : int
        Words of a place.

    Members
    -------
    write : In(1)
    written : In(ceil_log2(parts))
        Which word of its place is written: each in turn.
    word : In(width)
    address : In(ceil_log2(depth))
    part : In(ceil_log2(parts))
    group : In(ceil_log2(groups))
    o : Out(data.ArrayLayout(width, len(reaches)))
    """

    def __init__(
        self, *, width: int, depth: int, reaches: Sequence[Sequence[int]], home: Home,
        parts: int = 1,
    ) -> None:  # fmt: skip
        self._width, self._depth, self._home, self._parts = width, depth, home, parts
        self._reaches = [tuple(reach) for reach in reaches]
        super().__init__({
            "write": In(1),
            "written": In(ceil_log2(parts)),
            "word": In(width),
            "address": In(ceil_log2(depth)),
            "part": In(ceil_log2(parts)),
            "group": In(ceil_log2(len(self._reaches[0]))),
            "o": Out(data.ArrayLayout(width, len(self._reaches))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        write, word = Signal(), Signal.like(self.word, reset_less=True)
        written = Signal.like(self.written, name="written_part", reset_less=True)
        part = Signal.like(self.part, name="read_part", reset_less=True)
        domain = m.d.comb if cells(platform).family.few_registers else m.d.sync
        domain += [write.eq(self.write), written.eq(self.written), word.eq(self.word)]
        m.d.sync += part.eq(self.part)
        ends = write & (written == self._parts - 1)
        addresses: dict[tuple[int, ...], Value] = {}
        copies: dict[tuple[int, ...], Ram] = {}
        for number, reach in enumerate(dict.fromkeys(self._reaches)):
            ram = Ram(width=self._width, depth=self._depth << len(part), home=self._home)
            copies[reach] = m.submodules[f"copy{number}"] = ram
            further = tuple(place - reach[0] for place in reach)
            if further not in addresses:
                addresses[further] = self._further(m, f"further{len(addresses)}", further)
            m.d.comb += [
                ram.write.eq(write),
                ram.write_address.eq(
                    Cat(written, self._place(m, f"place{number}", ends, -reach[0]))
                ),
                ram.write_data.eq(word),
                ram.read.eq(1),
                ram.read_address.eq(Cat(part, addresses[further])),
            ]
        m.d.comb += [self.o[k].eq(copies[reach].data) for k, reach in enumerate(self._reaches)]
        return m

    def _place(self, m: Module, name: str, ends: Value, first: int) -> Value:
        """The place that is written, one after the other, until the word that ``ends`` it: as far
        back as the memory is read further on."""
        place = Signal.like(self.address, name=name, init=first % self._depth)
        with m.If(ends):
            m.d.sync += place.eq(place + 1)
        return place

    def _further(self, m: Module, name: str, further: Sequence[int]) -> Value:
        """The address, so many places on in every group; a cycle later, as memory is far away."""
        place = Signal.like(self.address, name=name, reset_less=True)
        m.d.sync += place.eq(self.address + chosen(m, f"{name}_by", self.group, further))
        return place
