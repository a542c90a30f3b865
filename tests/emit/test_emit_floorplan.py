"""Where memories go: places dealt out so that each is near where it would be if it could be
anywhere."""

from pathlib import Path
from typing import Any

import pytest

from hw.emit import floorplan
from hw.emit.known.ecp5 import FAMILY

MEMORY = FAMILY.memory
assert MEMORY is not None


def cell(kind: str, bel: str, **connections: list[Any]) -> dict[str, Any]:
    return {"type": kind, "attributes": {"NEXTPNR_BEL": bel}, "connections": connections}


def crossed() -> dict[str, dict[str, Any]]:
    """Two memories, which lay where two chains are, and two places, each near the other one."""
    return {
        "$empty0": cell("DP16KD", "X40/Y2/EBR0"),
        "$empty1": cell("DP16KD", "X4/Y2/EBR1"),
        "left.ram$part0$CCU2_COMB0": cell("TRELLIS_COMB", "X3/Y5/SLICEA.COMB0"),
        "left.ram$part1$CCU2_COMB0": cell("TRELLIS_COMB", "X5/Y5/SLICEA.COMB0"),
        "right.ram$part0$CCU2_COMB0": cell("TRELLIS_COMB", "X41/Y9/SLICEA.COMB0"),
        "right.a": cell("TRELLIS_FF", "X41/Y9/SLICEA.FF0"),
    }


def memory(**connections: list[Any]) -> dict[str, Any]:
    return {"type": "DP16KD", "connections": connections}


def module(**cells: dict[str, Any]) -> dict[str, Any]:
    return {"ports": {"i": {"bits": [2, 3]}, "o": {"bits": [4]}}, "cells": cells}


def test_every_memory_goes_to_the_nearest_place() -> None:
    bels = floorplan.assigned(crossed(), MEMORY)
    assert bels == {"left.ram": "X4/Y2/EBR1", "right.ram": "X40/Y2/EBR0"}


def test_two_that_want_one_place_take_the_two_nearest() -> None:
    cells = crossed()
    cells["more.ram$part0$CCU2_COMB0"] = cell("TRELLIS_COMB", "X6/Y5/SLICEA.COMB0")
    cells["$empty2"] = cell("DP16KD", "X8/Y2/EBR1")
    bels = floorplan.assigned(cells, MEMORY)
    assert bels == {"left.ram": "X4/Y2/EBR1", "more.ram": "X8/Y2/EBR1", "right.ram": "X40/Y2/EBR0"}


def test_without_memories_there_is_nothing_to_place() -> None:
    cells = {"a": cell("TRELLIS_FF", "X3/Y5/FF0", CLK=[1], DI=[2])}
    assert floorplan.assigned(cells, MEMORY) == {}


@pytest.mark.parametrize("given", [1, 2, 5, 36])
@pytest.mark.parametrize("read", [0, 3, 70])
def test_logic_in_the_place_of_a_memory_has_its_nets(given: int, read: int) -> None:
    nets = {f"DO{k}": 100 + k for k in range(given)} | {f"ADA{k}": 200 + k for k in range(read)}
    chain = MEMORY.instead(nets | {"CLKA": 9}, 300)
    ends = [(pin, bit) for each in chain for pin, (bit,) in each["connections"].items()]
    sums = [bit for pin, bit in ends if pin.startswith("S")]
    assert sorted(sums)[:given] == list(range(100, 100 + given)) and len(sums) == 2 * len(chain)
    # All nets of its own have one driver.
    driven = [bit for pin, bit in ends if pin.startswith(("S", "COUT")) and bit != "x"]
    assert len(set(driven)) == len(driven)
    assert all(bit >= 300 for bit in driven if bit not in range(100, 100 + given))
    taken = [bit for pin, bit in ends if pin[0] in "ABC" and pin[1] in "01" and bit != "1"]
    assert sorted(taken) == list(range(200, 200 + read))
    # It is one chain, which begins and ends open.
    carries = [each["connections"] for each in chain]
    assert carries[0]["CIN"] == ["x"] == carries[-1]["COUT"]
    assert [each["COUT"] for each in carries[:-1]] == [each["CIN"] for each in carries[1:]]


def test_memories_become_logic_wherever_they_are_and_places_are_added() -> None:
    ram = memory(CLKA=[1], ADA0=[2], ADA1=["0"], DOA0=[4], DOA1=[5], DOB0=["x"])
    modules = {
        "top": module(ram=ram, buffer={"type": "LUT4", "connections": {"A": [2], "Z": [7]}}),
        "top.net": module(ram=memory(DOA0=[4])),
    }
    floorplan.free(modules, MEMORY, 3)
    top, net = (modules[name]["cells"] for name in ("top", "top.net"))
    empty = {name: cell for name, cell in top.items() if cell["type"] == "DP16KD"}
    assert len(empty) == 3 and not any(cell["connections"] for cell in empty.values())
    (chain,) = (cell for name, cell in top.items() if name.startswith("ram"))
    # An output that is read by nothing is none, and what is new is at no other cell.
    assert chain["connections"]["S0"] == [4] and chain["connections"]["S1"][0] > 7
    assert chain["connections"]["A0"] == [2] and set(net) == {"ram$part0"}
    assert modules["top"]["cells"]["buffer"]["connections"] == {"A": [2], "Z": [7]}


def test_places_are_written_into_the_module_of_the_cell() -> None:
    modules = {
        "top": {"cells": {"ram": {}, "link.ram": {"attributes": {"src": "a.v"}}}},
        "top.net.conv": {"cells": {"window.ram": {"attributes": {}}, "other": {}}},
        "DP16KD": {"cells": {"window.ram": {}}},
    }
    floorplan.fix(modules, {"link.ram": "A", "net.conv.window.ram": "B"})
    assert modules["top"]["cells"] == {
        "ram": {}, "link.ram": {"attributes": {"src": "a.v", "BEL": "A"}}
    }  # fmt: skip
    assert modules["top.net.conv"]["cells"] == {
        "window.ram": {"attributes": {"BEL": "B"}}, "other": {}
    }  # fmt: skip
    assert modules["DP16KD"]["cells"] == {"window.ram": {}}


def test_cells_are_counted_at_their_places_by_module(tmp_path: Path) -> None:
    cells = {
        "left.ram": cell("DP16KD", "X40/Y2/EBR0"), "left.a": cell("TRELLIS_FF", "X3/Y5/FF0"),
        "left.c": cell("TRELLIS_COMB", "X3/Y5/COMB1"), "right.a": cell("TRELLIS_FF", "X41/Y9/FF0"),
        "leftover": cell("TRELLIS_COMB", "X3/Y5/COMB2"),
        "nowhere": {"type": "$scopeinfo", "attributes": {}, "connections": {}},
    }  # fmt: skip
    floor = floorplan.occupied(cells, ["left", "empty"])
    assert floor["left"] == {(40, 2): 1, (3, 5): 2}
    assert floor["rest"] == {(41, 9): 1, (3, 5): 1} and floor["empty"] == {}
    floorplan.write(tmp_path / "floor.json", floor)
    assert floorplan.read(tmp_path / "floor.json") == floor


def test_places_are_read_as_every_nextpnr_writes_them() -> None:
    cells = {"left.a": cell("LUT4", "X3Y15/LUT2"), "left.b": cell("CPE_FF", "X3Y15/CPE_FF_U"),
             "c": cell("SB_IO", "")}
    assert floorplan.occupied(cells, ["left"]) == {"left": {(3, 15): 2}, "rest": {}}
