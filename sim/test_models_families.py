"""Models of cells of Gowin and GateMate agree with yosys' use of them, as those of ECP5 do.

The second source is yosys' own mapping: the same component as Amaranth describes it, and as cells
that yosys chose and wired, is played the same beats.
"""

import random
import re
from functools import cache

import pytest
from amaranth.lib import wiring
from amaranth.utils import ceil_log2

from boards.catalogue import BOARDS, board
from boards.families import GATEMATE, GOWIN
from hw.cores.fabric.rom import Table
from sim.cells import in_cells
from sim.test_models import Product, Read, Written, accesses, content
from sim.verilate import BRIEF, Model, build
from sim.workbench import Bundle, Workbench

ON = {GOWIN.name: "tangnano9k", GATEMATE.name: "gatemate_evb"}
"""A board of each family."""

SHAPES = [pytest.param(name, *shape, id=f"{name} {shape[0]}x{shape[1]}")
          for name, on in ON.items() for shape in BOARDS[on].family.blocks]

READS = {GOWIN.name: True, GATEMATE.name: False}
"""If bits that are read while they are written come out inverted; yosys' model is of GateMate."""


@cache
def components(name: str) -> dict[str, wiring.Component]:
    made: dict[str, wiring.Component] = {}
    if board(ON[name]).devices[board(ON[name]).default_variant].multipliers:
        made |= {"product18": Product(18), "product9": Product(9), "product30": Product(30)}
    for width, depth in board(ON[name]).family.blocks:
        address, words = ceil_log2(depth), content(width, depth)
        made[f"written{width}"] = Written(width, depth)
        if READS[name]:
            made[f"colliding{width}"] = Written(width, depth, collides=True)
        inferred = Table(width=width, words=words, home="block")
        made[f"inferred{width}"] = Read(inferred, address, width, 1)
    return made


@cache
def cells(name: str) -> str:
    return in_cells(Bundle(components(name)), board(ON[name]))


class CellBench(Workbench):
    """The components of a family as cells of its device."""

    def __init__(self, name: str) -> None:
        super().__init__(components(name))
        self._name = name

    @property
    def model(self) -> Model:
        return build(cells(self._name), optimise=BRIEF)


@cache
def benches(name: str) -> tuple[Workbench, CellBench]:
    return Workbench(components(name)), CellBench(name)


def both(name: str, unit: str, values: list[int]) -> tuple[list[int], list[int]]:
    """The outputs of a component, simulated from its Verilog and from its cells."""
    plain, made = (bench.play(unit, values, len(values)).values for bench in benches(name))
    return plain, made


@pytest.mark.parametrize(("name", "width", "depth"), SHAPES)
def test_a_block_that_is_written_holds_what_its_memory_holds(
    name: str, width: int, depth: int
) -> None:
    plain, made = both(name, f"written{width}", accesses(width, depth))
    assert made == plain and len(set(plain)) > 1


@pytest.mark.parametrize(("width", "depth"), GOWIN.blocks)
def test_bits_that_are_read_while_they_are_written_are_not_the_old_ones(
    width: int, depth: int
) -> None:
    plain, made = both("gowin", f"colliding{width}", accesses(width, depth, same=True))
    assert made == [word ^ (1 << width) - 1 for word in plain]


@pytest.mark.parametrize(("name", "width", "depth"), SHAPES)
def test_every_word_that_a_block_begins_with_is_read(name: str, width: int, depth: int) -> None:
    plain, made = both(name, f"inferred{width}", list(range(depth)))
    assert made == plain == content(width, depth)


@pytest.mark.parametrize("width", [9, 18, 30])
def test_a_multiplier_multiplies_every_sign(width: int) -> None:
    numbers, least = random.Random(width), 1 << width - 1
    ends = [least, least - 1, 0, 1, (1 << width) - 1]
    values = [a | b << width for a in ends for b in ends]
    values += [numbers.getrandbits(2 * width) for _ in range(200)]
    plain, made = both("gowin", f"product{width}", values)
    assert made == plain


def test_every_kind_of_multiplier_is_used() -> None:
    kinds = re.findall(r"^  (MULT\w+) ", cells("gowin"), re.MULTILINE)
    assert set(kinds) == {"MULT9X9", "MULT18X18", "MULT36X36"}
