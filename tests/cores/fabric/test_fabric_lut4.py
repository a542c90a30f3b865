"""Logic as LUT4 cells: each computes its function, and bits that are used later wait for it."""

import itertools
from collections.abc import Callable

import pytest

from hw.cores.fabric.carry import FREE
from hw.cores.fabric.lut4 import Bit, Netlist, table
from sim.celltext import CellText


@pytest.mark.parametrize(("function", "inputs", "init"), [
    (lambda a: 1 - a, 1, 0x5555), (lambda a: a, 1, 0xAAAA), (lambda a, b: a & b, 2, 0x8888),
    (lambda a, b: b, 2, 0xCCCC), (lambda a, b, c: c, 3, 0xF0F0),
    (lambda a, b, c, d: a ^ b ^ c ^ d, 4, 0x6996), (lambda a, b, c, d: d, 4, 0xFF00),
    (lambda *bits: -all(bits), 4, 0x8000),
])
def test_a_function_is_its_table(
    function: Callable[..., int], inputs: int, init: int
) -> None:
    assert table(function, inputs) == init


def bits(name: str, count: int) -> list[Bit]:
    return [Bit(f"{name}[{k}]") for k in range(count)]


@pytest.mark.parametrize("inputs", [1, 2, 3, 4])
def test_a_cell_gives_the_function_of_its_bits(inputs: int) -> None:
    def function(*values: int) -> int:
        return sum(values) % 3 == 1

    net = Netlist(1)
    made = net.lut(function, *bits("x", inputs))
    assert made.level == 1
    text = net.module("unit", {"x": inputs}, {"o": [made.net]})
    shown = list(range(1 << inputs))
    assert CellText(text, len(shown)).step({"x": shown})["o"] == [
        int(value.bit_count() % 3 == 1) for value in shown
    ]


@pytest.mark.parametrize("levels", [1, 2, 3, 7])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 6])
def test_what_comes_early_waits_for_what_comes_late(depth: int, levels: int) -> None:
    """The parity of bits, one more in every level: all of those are of the same cycle."""
    net = Netlist(levels)
    first, *others = bits("x", depth + 1)
    parity = first
    for other in others:
        parity = net.lut(lambda a, b: a ^ b, parity, other)
    assert parity.level == depth
    late = (depth + levels - 2) // levels
    text = net.module("unit", {"x": depth + 1}, {"o": [net.at(parity, late)]})
    every = list(range(2 << depth))
    unit, found = CellText(text, len(every)), []
    for given in (every, every[::-1], *[[0] * len(every)] * late):
        found.append(unit.step({"x": given})["o"])
    assert found[late] == [value.bit_count() & 1 for value in every]
    assert found[late + 1] == [value.bit_count() & 1 for value in every[::-1]]


def test_a_bit_is_delayed_once_for_all_its_users() -> None:
    net = Netlist(1)
    assert net.later("x[0]", 3) == net.later(net.later("x[0]", 1), 2)
    assert net.later("x[0]", 2) != net.later("x[1]", 2)
    text = net.module("unit", {"x": 2}, {"o": [net.later("x[0]", 3)]})
    assert text.count("<=") == 5
    assert net.later("x[0]", 0) == "x[0]"


def test_rows_of_carry_cells_are_numbered_and_their_sums_too() -> None:
    net, adds = Netlist(1), table(lambda a, b, c, d: a ^ (b & d), 4)
    first = 0x00AA, ("x[0]", FREE, FREE, FREE)
    halves = [(adds, (f"x[{k}]", f"w[{k}]", FREE, FREE)) for k in range(2)]
    one, other = net.row(first, halves), net.row(first, halves[:1])
    assert (one, other) == (["sum[0]", "sum[1]"], ["sum[2]"])
    text = net.module("unit", {"x": 2, "w": 2}, {"o": one, "p": other})
    cases = list(itertools.product(range(4), range(4)))
    found = CellText(text, 16).step({"x": [x for x, _ in cases], "w": [w for _, w in cases]})
    assert found["o"] == [(x + w + (x & 1)) % 4 for x, w in cases]
    assert found["p"] == [(x + w + x) % 2 for x, w in cases]


def test_a_module_tells_its_ports() -> None:
    net = Netlist(1)
    text = net.module("unit", {"x": 3, "w": 1}, {"o": ["x[0]", "w[0]"]})
    assert text.startswith(
        "module unit(input clk, input [2:0] x, input [0:0] w, output [1:0] o);\n"
    )
    assert "assign o = {w[0], x[0]};" in text
    assert text.endswith("endmodule\n")
