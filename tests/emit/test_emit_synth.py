"""What is kept of a synthesis, with a stand-in for yosys: its real runs are in `sim`."""

import json
from pathlib import Path
from typing import Any

import pytest

from boards.resources import Resources
from hw.emit import gates, synth
from hw.emit.family import REST
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.synth import Synthesis
from hw.emit.tools import Failure

KEEP = ["a.conv", "a.dense"]


def cells(**counts: int) -> dict[str, Any]:
    """So many cells of each type, each with pins of its own."""
    return {"ports": {}, "cells": {
        f"{kind}{k}": {"type": kind, "parameters": {}, "connections": {
            "COUT": [f"{kind}{k}o"], "CIN": ["1"], "S0": ["2"]},
            "port_directions": {"COUT": "output", "CIN": "input", "S0": "output"}}
        for kind, count in counts.items() for k in range(count)}}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synthesis:
    """Of a top with two layers, one of which has a part that was not flattened into it."""
    modules = {
        "top": {"LUT4": 1, "TRELLIS_FF": 2}, "top.a.conv": {"LUT4": 30, "TRELLIS_FF": 4},
        "top.a.dense": {"CCU2C": 5, "DP16KD": 6}, "top.a": {"TRELLIS_FF": 7},
    }  # fmt: skip

    def run(tool: object, name: str, *, folder: Path, log: str, watch: object) -> None:
        assert "hierarchy -top top" in (folder / name).read_text()
        counted = {f"\\{path}": {"num_cells_by_type": dict(found)}
                   for path, found in modules.items()}  # fmt: skip
        counted["\\top"]["num_cells_by_type"]["top.a.conv"] = 1  # a module within it
        netlist = {path: cells(**found) for path, found in modules.items()}
        plain = {path: {"cells": {}, "netnames": {}, "ports": {}} for path in modules}
        for file, content in ((synth.CELLS, counted), (synth.NETLIST, netlist),
                              (gates.OPERATORS, plain)):  # fmt: skip
            (folder / file).write_text(json.dumps({"modules": content}))

    monkeypatch.setattr(synth, "run", run)
    return synth.synthesise(ECP5, tmp_path, ["top.il"], KEEP)


def test_cells_are_those_of_their_layer_and_the_others_together(made: Synthesis) -> None:
    assert made.modules == {"a.conv": {"LUT4": 30, "TRELLIS_FF": 4},
                            "a.dense": {"CCU2C": 5, "DP16KD": 6},
                            REST: {"LUT4": 1, "TRELLIS_FF": 9}}  # fmt: skip
    assert made.used == {"a.conv": Resources(lut=30, ff=4), "a.dense": Resources(lut=10, ebr=6),
                         REST: Resources(lut=1, ff=9)}  # fmt: skip
    assert made.total == Resources(lut=41, ff=13, ebr=6)
    assert {path: found["flip-flop"] for path, found in made.gates.items()} == {
        "a.conv": 4, "a.dense": 0}  # fmt: skip


def test_the_netlist_is_finished_and_what_was_found_is_read_again(
    made: Synthesis, tmp_path: Path
) -> None:
    assert synth.read(tmp_path) == made
    found = json.loads((tmp_path / synth.NETLIST).read_text())["modules"]["top.a.dense"]["cells"]
    assert "COUT" not in found["CCU2C0"]["connections"]
    assert {path.name for path in tmp_path.iterdir()} == {
        synth.SCRIPT, synth.NETLIST, synth.RESULT}  # fmt: skip


def test_a_layer_that_is_lost_is_a_failure(made: Synthesis, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"no module a\.none, whose cells are counted"):
        synth.synthesise(ECP5, tmp_path, ["top.il"], [*KEEP, "a.none"])
