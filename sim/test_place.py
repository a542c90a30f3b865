"""Block memories are placed where the floorplan has put them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards.resources import Resources
from hw.emit import floorplan, place
from hw.emit.family import Memory, Netlist
from hw.emit.known.ecp5 import FAMILY as ECP5
from sim.roads import copy


@pytest.fixture
def out(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """The folder of a small design, ready to be placed."""
    return copy("ulx3s", tmp_path_factory.getbasetemp(), tmp_path / "road") / "out" / "tools"


def device(out: Path) -> list[str]:
    options: list[str] = json.loads((out / "project.json").read_text())["device"]
    return options


def test_memories_lie_where_they_were_put(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put: dict[str, str] = {}
    lie: dict[str, str] = {}
    assigned = floorplan.assigned

    def turned(cells: Netlist, memory: Memory) -> dict[str, str]:
        """Each memory in the place of the next one: where no placer would put it."""
        names, bels = zip(*assigned(cells, memory).items(), strict=True)
        put.update(zip(names, (*bels[1:], bels[0]), strict=True))
        return put

    def counted(cells: Mapping[str, Any], keep: Sequence[str]) -> dict[str, Resources]:
        lie.update({name: cells[name]["attributes"]["NEXTPNR_BEL"] for name in put})
        return ECP5.placed(cells, keep)

    monkeypatch.setattr(floorplan, "assigned", turned)
    family = replace(ECP5, placed=counted)
    made = place.place(family, out, device(out), [], clock=60e6, seeds=[1], blocks=56)
    assert len(put) > 1 and lie == put
    assert made.achieved > 0 and (out / ECP5.configuration).exists()
    assert not (out / "fixed.json").exists()
