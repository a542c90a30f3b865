"""The critical path of nextpnr's report: which path it is, and in which layers."""

import json
from pathlib import Path
from typing import Any

import pytest

from hw.emit.critical import LOGIC, OUTPUT, SETUP, WIRES, Step, read

NAMES = {"logic.accelerator.conv1": "conv1", "logic.accelerator.conv2": "conv2", "rest": "rest"}


def step(kind: str, delay: float, cell: str) -> dict[str, Any]:
    return {"type": kind, "delay": delay, "from": {"cell": "any"}, "to": {"cell": cell}}


def path(begin: str, end: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"from": begin, "to": end, "path": list(steps)}


OWN = path(
    "posedge $glbnet$clk", "posedge $glbnet$clk",
    step("clk-to-q", 0.5, "logic.accelerator.conv1.mvu.sum_TRELLIS_FF_Q_3"),
    step("routing", 1.0, "logic.accelerator.conv1.mvu.sum_LUT4_Z"),
    step("logic", 0.25, "logic.accelerator.conv1.mvu.sum_LUT4_Z"),
    step("routing", 2.0, "logic.accelerator.conv2.o__p_SB_DFFE_Q_D_SB_LUT4_O_LC"),
    step("setup", 0.0, "logic.accelerator.conv2.o__p_TRELLIS_FF_Q"),
)
SHORT = path("posedge $glbnet$clk", "posedge $glbnet$clk", step("routing", 3.0, "x"))
OTHERS = (
    path("<async>", "posedge $glbnet$clk", step("routing", 9.0, "x")),
    path("posedge osc", "posedge osc", step("routing", 9.0, "x")),
)


@pytest.mark.parametrize(("paths", "found"), [
    ([SHORT, *OTHERS, OWN], (
        Step(layer="conv1", signal="mvu.sum", kind=OUTPUT, seconds=0.5e-9),
        Step(layer="conv1", signal="mvu.sum", kind=WIRES, seconds=1e-9),
        Step(layer="conv1", signal="mvu.sum", kind=LOGIC, seconds=0.25e-9),
        Step(layer="conv2", signal="o__p", kind=WIRES, seconds=2e-9),
        Step(layer="conv2", signal="o__p", kind=SETUP, seconds=0.0),
    )),
    ([path("posedge $glbnet$clk", "posedge $glbnet$clk",
           step("routing", 1.0, "logic.link.$signal_TRELLIS_FF_Q_1"))],
     (Step(layer="rest", signal="logic.link", kind=WIRES, seconds=1e-9),)),
    (OTHERS, ()),
])  # fmt: skip
def test_the_slowest_path_of_the_designs_own_clock_is_found(
    paths: list[dict[str, Any]], found: tuple[Step, ...], tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    clocks = {"$glbnet$clk": {"constraint": 80.08, "achieved": 1},
              "osc": {"constraint": 25, "achieved": 1}}
    file.write_text(json.dumps({"fmax": clocks, "critical_paths": [*paths]}))
    assert read(file, NAMES, 80e6) == found
