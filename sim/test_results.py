"""A row of the results table is built once, placed with every seed, saved and printed."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import document
from benchmarks.measurement import read
from benchmarks.networks import SOURCES, Inputs, Source
from benchmarks.results import Bench
from benchmarks.rows import Row
from model.checkpoint import save
from sim.random_networks import random_checkpoint
from sim.roads import OUT, ROADS, copy

ROW = Row(name="small", network="small", variant="12F", fill=0.06, clock=60, images=5)
"""A row whose first seed is the road to the ULX3S, which is not built again."""


def steps(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "tools" / "steps.json").read_text())


def test_a_row_is_synthesised_once_and_placed_with_every_seed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = copy("ulx3s", tmp_path_factory.getbasetemp(), tmp_path / "road") / OUT
    assert set(ROW.options) <= set(ROADS["ulx3s"].options)
    (tmp_path / "work" / "small").mkdir(parents=True)
    road.rename(tmp_path / "work" / "small" / "seed1")
    before = steps(tmp_path / "work" / "small" / "seed1")
    checkpoint = random_checkpoint(3)
    checkpoint.training = {"importer": "hand"}
    save(checkpoint, tmp_path / "net.pt")
    source = Source(name="small", title="Small", data="mnist", shipped=tmp_path / "net.pt")
    monkeypatch.setitem(SOURCES, "small", source)
    bench = Bench(Inputs(data=None, references=None, made=tmp_path), tmp_path / "work", seeds=2)

    found = bench.measure(ROW)
    made = found.design
    assert made is not None and found.failure is None
    assert [each.seed for each in made.seeds] == [1, 2]
    assert len({each.achieved for each in made.seeds}) > 1
    assert made.simulation is not None and made.right and made.cycles == made.interval
    assert made.rate is not None and made.rate <= made.clock / made.interval
    assert made.cells is not None and made.cells.lut > 0

    found.save(tmp_path)
    assert read("small", tmp_path) == found
    text = document.document([ROW], {"small": found})
    assert f"| frames/s | **{made.rate:,.0f}** |" in text

    folders = [tmp_path / "work" / "small" / f"seed{seed}" for seed in (1, 2)]
    ledgers = [steps(folder) for folder in folders]
    assert ledgers[0]["synth"] == before["synth"] and ledgers[0]["place"] == before["place"]
    assert ledgers[0]["synth"] == ledgers[1]["synth"]
    assert len({ledger["place"]["key"] for ledger in ledgers}) == 2
    assert bench.measure(ROW) == found
    assert [steps(folder) for folder in folders] == ledgers
