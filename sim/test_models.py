"""Models of cells agree with yosys' use of the cells, for memories and products.

The second source is yosys' own mapping: the same component as Amaranth describes it, and as cells
that yosys chose and wired, is played the same beats. Initial content, byte and bit places, output
registers and the direction of every pin come out of that.
"""

import random
import re
from functools import cache

import pytest
from amaranth import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.catalogue import board
from boards.families import ECP5
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.ram import Ram
from hw.cores.fabric.rom import Table
from sim.cells import in_cells
from sim.verilate import BRIEF, Model, build
from sim.workbench import Bundle, Workbench

WORDS = 512
"""Words of a memory that are written and read; others of larger ones keep their initial value."""


class Written(wiring.Component):
    """A memory: every beat writes a word and reads another one, or the same where ``collides``."""

    def __init__(self, width: int, depth: int, *, collides: bool = False) -> None:
        self._ram, self._collides = Ram(width=width, depth=depth, home="block"), collides
        address = ceil_log2(depth)
        fields = {"to": address, "at": address, "data": width}
        super().__init__({
            "i": In(stream.Signature(data.StructLayout(fields))),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.ram = ram = self._ram
        taken, asked = Signal(), self.i.p
        m.d.comb += [
            self.i.ready.eq(self.o.ready | ~self.o.valid),
            taken.eq(self.i.valid & self.i.ready),
            ram.write.eq(taken & (self._collides | (asked.to != asked.at))),
            ram.write_address.eq(asked.to),
            ram.write_data.eq(asked.data),
            ram.read.eq(taken),
            ram.read_address.eq(asked.at),
            self.o.p.eq(ram.data),
        ]
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        return m


class Late(Written):
    """The same in every cycle, with a register behind it that may be the memory's own; nothing
    waits."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.ram = ram = self._ram
        asked, under_way = self.i.p, Signal()
        word = Signal(len(self.o.p), reset_less=True)
        m.d.comb += [
            self.i.ready.eq(1),
            ram.write.eq(self.i.valid & (asked.to != asked.at)),
            ram.write_address.eq(asked.to),
            ram.write_data.eq(asked.data),
            ram.read.eq(1),
            ram.read_address.eq(asked.at),
            self.o.p.eq(word),
        ]
        m.d.sync += [
            word.eq(ram.data), under_way.eq(self.i.valid), self.o.valid.eq(under_way)
        ]  # fmt: skip
        return m


class Read(wiring.Component):
    """A memory of constants: every beat reads a word, ``latency`` cycles later."""

    def __init__(self, memory: Table | BlockRom, address: int, width: int, latency: int) -> None:
        self._memory, self._latency = memory, latency
        super().__init__({"i": In(stream.Signature(address)), "o": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = self._memory
        moves = self.o.ready | ~self.o.valid
        under_way = Signal(self._latency)
        m.d.comb += [
            self.i.ready.eq(moves),
            memory.read.eq(moves),
            memory.address.eq(self.i.p),
            self.o.p.eq(memory.data),
            self.o.valid.eq(under_way[-1]),
        ]
        with m.If(moves):
            m.d.sync += under_way.eq(under_way << 1 | self.i.valid)
        return m


class Product(wiring.Component):
    """The product of two signed numbers."""

    def __init__(self, width: int) -> None:
        self._width = width
        super().__init__({
            "i": In(stream.Signature(data.ArrayLayout(signed(width), 2))),
            "o": Out(stream.Signature(signed(2 * width))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid), self.o.p.eq(self.i.p[0] * self.i.p[1])]
        return m


class CellBench(Workbench):
    """The same components as cells of a board's device."""

    @property
    def model(self) -> Model:
        return _compiled()


def content(width: int, depth: int) -> list[int]:
    """Random words for a memory."""
    numbers = random.Random(width)
    return [numbers.getrandbits(width) for _ in range(depth)]


def components() -> dict[str, wiring.Component]:
    made: dict[str, wiring.Component] = {"product": Product(18), "narrow": Product(11)}
    for width, depth in ECP5.blocks:
        address, words = ceil_log2(depth), content(width, depth)
        made[f"written{width}"] = Written(width, depth)
        made[f"late{width}"] = Late(width, depth)
        made[f"colliding{width}"] = Written(width, depth, collides=True)
        inferred = Table(width=width, words=words, home="block")
        made[f"inferred{width}"] = Read(inferred, address, width, 1)
        made[f"named{width}"] = Read(BlockRom(width=width, words=words), address, width, 2)
    return made


@cache
def in_cells_of_all() -> str:
    return in_cells(Bundle(components()), board("ulx3s"))


@cache
def _compiled() -> Model:
    return build(in_cells_of_all(), optimise=BRIEF)


@cache
def benches() -> tuple[Workbench, CellBench]:
    return Workbench(components()), CellBench(components())


def test_every_mode_is_a_block_of_its_width() -> None:
    text = in_cells_of_all()
    widths = re.findall(r"\.DATA_WIDTH_([AB])\(32'(?:d|sd)(\d+)\)", text)
    assert {int(width) for _, width in widths} == {bits for bits, _ in ECP5.blocks}
    assert len(re.findall(r"^  MULT18X18D ", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^  DP16KD ", text, re.MULTILINE)) == 5 * len(ECP5.blocks)


def both(name: str, values: list[int]) -> tuple[list[int], list[int]]:
    """The outputs of a component, simulated from its Verilog and from its cells."""
    plain, cells = (bench.play(name, values, len(values)).values for bench in benches())
    return plain, cells


def accesses(width: int, depth: int, *, same: bool = False) -> list[int]:
    """Beats for `Written`: all words first, then random ones, with reads of the word written."""
    numbers, address = random.Random(depth), ceil_log2(depth)
    places = numbers.sample(range(depth), WORDS)
    to = places + numbers.choices(places, k=WORDS)
    at = to if same else numbers.choices(places, k=2 * WORDS)
    return [
        a | b << address | numbers.getrandbits(width) << 2 * address
        for a, b in zip(to, at, strict=True)
    ]


@pytest.mark.parametrize(("width", "depth"), ECP5.blocks)
def test_a_block_that_is_written_holds_what_its_memory_holds(width: int, depth: int) -> None:
    plain, cells = both(f"written{width}", accesses(width, depth))
    assert cells == plain
    assert len(set(plain)) > 1


@pytest.mark.parametrize(("width", "depth"), ECP5.blocks)
def test_a_block_gives_what_the_register_behind_it_gave(width: int, depth: int) -> None:
    plain, cells = both(f"late{width}", accesses(width, depth))
    assert cells == plain
    assert len(set(plain)) > 1


def test_registers_behind_memories_are_the_memories_own() -> None:
    late = re.findall(r'\.REGMODE_B\("OUTREG"\)', in_cells_of_all())
    assert len(late) == len(ECP5.blocks) + 1  # that of `BlockRom` with 36 bits has both sides'


@pytest.mark.parametrize(("width", "depth"), ECP5.blocks)
def test_bits_that_are_read_while_they_are_written_are_not_the_old_ones(
    width: int, depth: int
) -> None:
    plain, cells = both(f"colliding{width}", accesses(width, depth, same=True))
    assert cells == [word ^ (1 << width) - 1 for word in plain]


@pytest.mark.parametrize("kind", ["inferred", "named"])
@pytest.mark.parametrize(("width", "depth"), ECP5.blocks)
def test_every_word_that_a_block_begins_with_is_read(kind: str, width: int, depth: int) -> None:
    plain, cells = both(f"{kind}{width}", list(range(depth)))
    assert cells == plain == content(width, depth)


@pytest.mark.parametrize(("name", "width"), [("product", 18), ("narrow", 11)])
def test_a_multiplier_multiplies_every_sign(name: str, width: int) -> None:
    numbers, least = random.Random(width), 1 << width - 1
    ends = [least, least - 1, 0, 1, (1 << width) - 1]
    values = [a | b << width for a in ends for b in ends]
    values += [numbers.getrandbits(2 * width) for _ in range(200)]
    plain, cells = both(name, values)
    assert cells == plain
