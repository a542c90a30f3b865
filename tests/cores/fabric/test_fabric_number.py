"""A number that can be changed in the placed design: its value, and a cell for every bit."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from amaranth.back import rtlil

from boards.catalogue import board
from hw.cores.fabric.number import Number, bits
from sim.cycles import simulate


@pytest.mark.parametrize(("value", "width"), [(0, 1), (1, 1), (80, 9), (511, 9)])
def test_it_is_the_number(value: int, width: int) -> None:
    dut, found = Number(value, width), list[int]()

    async def bench(ctx: Any) -> None:
        found.append(ctx.get(dut.o))

    simulate(dut, bench)
    assert found == [value]
    assert sum(one << int(name[3:]) for name, one in bits(value, width).items()) == value


@pytest.mark.parametrize("name", ["ulx3s", "icebreaker"])
def test_every_bit_is_a_cell_of_its_value(name: str) -> None:
    known = board(name)
    files: dict[str, str] = {}
    device = SimpleNamespace(board=known, modules={}, add_file=files.__setitem__)
    rtlil.convert(Number(80, 9), name="top", platform=device)  # type: ignore[arg-type]
    text = files["number_9_80.v"]
    cells = re.findall(r"INIT\(16'h(\w+)\)\) (bit\d+) ", text)
    assert {cell: {"ffff": 1, "0000": 0}[init] for init, cell in cells} == bits(80, 9)


def test_a_number_of_more_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="512 is no number of 9 bits"):
        Number(512, 9)
