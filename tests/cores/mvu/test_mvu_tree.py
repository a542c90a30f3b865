"""Trees of copied registers: few readers each, and the same values as late as without copies."""

import re
from collections import Counter

import pytest

from hw.cores.fabric.lut4 import Netlist
from hw.cores.mvu.tree import READERS, Tree
from sim.celltext import CellText


def read(net: Netlist, cells: int) -> str:
    """A module of so many cells that read a bit after two registers, and its complement after one
    more; each output is of one cell."""
    late, later = net.later("i[0]", 2), net.later("i[0]", 3)
    outs = [net.cell(0x5555, [late if k % 2 else later]) for k in range(cells)]
    return net.module("read", {"i": 1}, {"o": outs})


def readers(text: str) -> Counter[str]:
    """By how many cells and registers every register is read."""
    nets = re.findall(r"\.[A-D]\d?\((\w+\[\d+\])\)|<= (\w+\[\d+\]);", text)
    return Counter(net for pair in nets for net in pair if net.startswith(("later", "copy")))


@pytest.mark.parametrize("cells", [1, READERS, READERS + 1, 2 * READERS, 5 * READERS, 2000])
def test_no_register_has_more_readers(cells: int) -> None:
    text = read(Tree(1), cells)
    assert max(readers(text).values()) <= READERS
    assert text.count("(* keep *)") >= cells // READERS - 2
    assert ("copy" in text) == (cells >= 2 * READERS)


@pytest.mark.parametrize("cells", [3, 200])
def test_copies_hold_what_the_register_holds(cells: int) -> None:
    shown = [0, 1, 1, 0, 1, 0, 0, 0, 1]
    plain, tree = (CellText(read(net, cells), 1) for net in (Netlist(1), Tree(1)))
    found = [[unit.step({"i": [bit]})["o"] for bit in shown] for unit in (plain, tree)]
    assert found[0] == found[1] and len({each[0] for each in found[0]}) > 2
