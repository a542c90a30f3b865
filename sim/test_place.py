"""Memories lie where they were put, and a seed is placed in all ways where none meets the clock."""

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


@pytest.fixture(name="out")
def synthesised(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a small design, ready to be placed; the parameter is its clock in MHz."""
    save(random_checkpoint(3), tmp_path / "net.pt")
    out = tmp_path / "out"
    arguments = ["--checkpoint", str(tmp_path / "net.pt"), "--board", "ulx3s", "--variant", "12F"]
    clock = ["--clock", str(request.param), "--stop-after", "synth"]
    assert build.main([*arguments, *clock, "--out", str(out)]) == 0
    return out


def device(out: Path) -> list[str]:
    options: list[str] = json.loads((out / "project.json").read_text())["device"]
    return options


@pytest.mark.parametrize("out", [80], indirect=True)
def test_memories_lie_where_they_were_put(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    family = replace(ECP5, placed=counted)
    made = place.place(family, out, device(out), [], clock=80e6, seeds=[1], crowded=True)
    assert len(put) > 1 and lie == put
    assert made.achieved > 0 and (out / ECP5.configuration).exists()
    assert not (out / "fixed.json").exists()


@pytest.mark.parametrize("out", [250], indirect=True)
def test_a_seed_is_placed_in_all_ways_where_none_meets_the_clock(out: Path) -> None:
    clock = json.loads((out / "plan.json").read_text())["clock"]
    found: dict[float, str] = {}

    def noted(cells: Mapping[str, Any], keep: Sequence[str]) -> dict[str, Resources]:
        """The clock in MHz and the configuration of an attempt, while its files are there."""
        (reached,) = json.loads((out / "seed1.report.json").read_text())["fmax"].values()
        found[reached["achieved"]] = (out / "seed1.config").read_text()
        return ECP5.placed(cells, keep)

    family = replace(ECP5, placed=noted)
    made = place.place(family, out, device(out), [], clock=clock, seeds=[1])
    assert len(found) == len(ECP5.placing) == 2
    assert not made.met and made.tried == (1,)
    assert made.achieved == 1e6 * max(found)
    assert (out / ECP5.configuration).read_text() == found[max(found)]
