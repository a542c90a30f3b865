"""Where memories go: places dealt out so that each is near the cells it talks to."""

from pathlib import Path
from typing import Any

from hw.emit import floorplan

COMMON = ("CLK",)


def cell(kind: str, bel: str, **connections: list[Any]) -> dict[str, Any]:
    return {"type": kind, "attributes": {"NEXTPNR_BEL": bel}, "connections": connections}


def crossed() -> dict[str, dict[str, Any]]:
    """Two memories, each where the other one's flip-flops are, on one clock."""
    return {
        "left.ram": cell("DP16KD", "X40/Y2/EBR0", CLKA=[1], DOA0=[2], DOA1=[3], ADA0=["0"]),
        "right.ram": cell("DP16KD", "X4/Y2/EBR1", CLKA=[1], DOA0=[4]),
        "left.a": cell("TRELLIS_FF", "X3/Y5/FF0", CLK=[1], DI=[2]),
        "left.b": cell("TRELLIS_FF", "X5/Y5/FF1", CLK=[1], DI=[3]),
        "right.a": cell("TRELLIS_FF", "X41/Y9/FF0", CLK=[1], DI=[4]),
    }


def test_memories_change_places_where_that_is_nearer() -> None:
    bels = floorplan.assigned(crossed(), "DP16KD", COMMON)
    assert bels == {"left.ram": "X4/Y2/EBR1", "right.ram": "X40/Y2/EBR0"}


def test_one_that_talks_to_nothing_stays_where_it_is_if_it_can() -> None:
    cells = crossed()
    cells["alone.ram"] = cell("DP16KD", "X20/Y2/EBR2", CLKA=[1])
    assert floorplan.assigned(cells, "DP16KD", COMMON)["alone.ram"] == "X20/Y2/EBR2"


def test_a_net_that_ends_everywhere_says_nothing() -> None:
    cells = crossed()
    for k in range(floorplan.EVERYWHERE):
        cells[f"right.far{k}"] = cell("TRELLIS_FF", f"X90/Y{k}/FF0", CLK=[1], DI=[2])
    assert floorplan.assigned(cells, "DP16KD", COMMON)["left.ram"] == "X4/Y2/EBR1"


def test_without_memories_there_is_nothing_to_place() -> None:
    cells = {"a": cell("TRELLIS_FF", "X3/Y5/FF0", CLK=[1], DI=[2])}
    assert floorplan.assigned(cells, "DP16KD", COMMON) == {}


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
    cells = crossed()
    cells["left.c"] = cell("TRELLIS_COMB", "X3/Y5/COMB1", A=[2])
    cells["leftover"] = cell("TRELLIS_COMB", "X3/Y5/COMB2", A=[2])
    cells["nowhere"] = {"type": "$scopeinfo", "attributes": {}, "connections": {}}
    floor = floorplan.occupied(cells, ["left", "empty"])
    assert floor["left"] == {(40, 2): 1, (3, 5): 2, (5, 5): 1}
    assert floor["rest"] == {(4, 2): 1, (41, 9): 1, (3, 5): 1} and floor["empty"] == {}
    floorplan.write(tmp_path / "floor.json", floor)
    assert floorplan.read(tmp_path / "floor.json") == floor


def test_places_are_read_as_every_nextpnr_writes_them() -> None:
    cells = {"left.a": cell("LUT4", "X3Y15/LUT2"), "left.b": cell("CPE_FF", "X3Y15/CPE_FF_U"),
             "c": cell("SB_IO", "")}
    assert floorplan.occupied(cells, ["left"]) == {"left": {(3, 15): 2}, "rest": {}}
