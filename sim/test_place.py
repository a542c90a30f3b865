"""The placer keeps to the floorplan: memories lie where they were put, whatever it would choose."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hw import build
from hw.emit import floorplan, place
from hw.emit.ecp5 import ECP5
from hw.emit.family import Netlist
from hw.plan.plan import Resources
from model.checkpoint import save
from sim.random_networks import random_checkpoint


def test_memories_lie_where_they_were_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(random_checkpoint(3), tmp_path / "net.pt")
    out = tmp_path / "out"
    arguments = ["--checkpoint", str(tmp_path / "net.pt"), "--board", "ulx3s", "--variant", "12F"]
    assert build.main([*arguments, "--out", str(out), "--stop-after", "synth"]) == 0
    put: dict[str, str] = {}
    lie: dict[str, str] = {}
    assigned = floorplan.assigned

    def turned(cells: Netlist, kind: str, clocks: tuple[str, ...]) -> dict[str, str]:
        """Each memory in the place of the next one: where no placer would put it."""
        names, bels = zip(*assigned(cells, kind, clocks).items(), strict=True)
        put.update(zip(names, (*bels[1:], bels[0]), strict=True))
        return put

    def counted(cells: Mapping[str, Any], keep: Sequence[str]) -> dict[str, Resources]:
        lie.update({name: cells[name]["attributes"]["NEXTPNR_BEL"] for name in put})
        return ECP5.placed(cells, keep)

    monkeypatch.setattr(floorplan, "assigned", turned)
    device = json.loads((out / "project.json").read_text())["device"]
    made = place.place(
        replace(ECP5, placed=counted), out, device, [], clock=80e6, seeds=[1], crowded=True
    )
    assert len(put) > 1 and lie == put
    assert made.achieved > 0 and (out / ECP5.configuration).exists()
    assert not (out / "fixed.json").exists()
