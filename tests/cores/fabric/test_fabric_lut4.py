"""Logic as LUT4 cells: each computes its function, and bits that are used later wait for it."""

import itertools
from collections.abc import Callable

import pytest

from hw.cores.fabric.adding import Wire, adds, carried
from hw.cores.fabric.lut4 import Bit, Netlist, table
from hw.cores.mvu.split import stage
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


def test_additions_share_rows_and_each_has_its_own_sums_and_carry() -> None:
    net = Netlist(1)
    plus = [adds(Wire(f"x[{k}]"), Wire(f"w[{k}]")) for k in range(2)]
    one = net.addition(1, carried(Wire("x[0]")), plus)
    other = net.addition(1, carried(Wire("x[0]", inverted=True), Wire("w[1]")), plus[:1])
    ports = {name: [bit.net for bit in bits] for name, bits in (("o", one), ("p", other))}
    text = net.module("unit", {"x": 2, "w": 2}, ports)
    assert (text.count("CCU2C #"), text.count(".CIN()")) == (3, 1)
    cases = list(itertools.product(range(4), range(4)))
    found = CellText(text, 16).step({"x": [x for x, _ in cases], "w": [w for _, w in cases]})
    assert found["o"] == [x + w + (x & 1) for x, w in cases]
    assert found["p"] == [(x & 1) + (w & 1) + (~x & w >> 1 & 1) for x, w in cases]


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_no_row_has_additions_that_wait_for_each_other(levels: int) -> None:
    net = Netlist(levels)
    sums = [Bit("x[0]"), Bit("x[1]")]
    for level in range(1, 7):
        plus = adds(*(Wire(net.at(bit, stage(level, levels))) for bit in sums))
        sums = net.addition(level, carried(Wire("x[0]")), [plus])
    text = net.module("unit", {"x": 2}, {"o": [bit.net for bit in sums]})
    assert text.count(".CIN()") == levels


def test_registers_are_counted_by_what_they_delay() -> None:
    net = Netlist(1)
    net.later("x[0]", 3), net.later("x[0]", 2), net.later("x[1]", 1)
    assert net.registers == {"x[0]": 3, "x[1]": 1}


def test_a_module_tells_its_ports() -> None:
    net = Netlist(1)
    text = net.module("unit", {"x": 3, "w": 1}, {"o": ["x[0]", "w[0]"]})
    assert text.startswith(
        "module unit(input clk, input [2:0] x, input [0:0] w, output [1:0] o);\n"
    )
    assert "assign o = {w[0], x[0]};" in text
    assert text.endswith("endmodule\n")
