"""The choice among placements, by a stand-in for nextpnr; its real runs are in `sim.test_place`."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from emit_nextpnr import write_timing

from boards.resources import Resources
from hw.emit import endpoints, floorplan, place
from hw.emit.family import REST, Family
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.known.ice40 import FAMILY as ICE40
from hw.emit.place import Placement
from hw.emit.synth import NETLIST

CELLS = {"core.a$1": {"type": "TRELLIS_FF", "connections": {}, "attributes": {}},
         "b": {"type": "TRELLIS_COMB", "connections": {}, "attributes": {}}}  # fmt: skip

def _moved(run: int) -> dict[str, Any]:
    """A cell that each run puts into a column of its own."""
    return {"b": {**CELLS["b"], "attributes": {"NEXTPNR_BEL": f"X{run}/Y1/COMB0"}}}


Placed = Callable[..., tuple[Placement, list[list[str]]]]


@pytest.fixture
def placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Placed]:
    """Places where nextpnr would reach these clocks in MHz, run by run."""
    (tmp_path / NETLIST).write_text(json.dumps({"modules": {"top": {"cells": {}, "ports": {}}}}))

    def placing(
        reached: Sequence[float], family: Family = ECP5, **more: Any
    ) -> tuple[Placement, list[list[str]]]:
        runs: list[list[str]] = []
        numbers = count()

        def run(tool: object, *words: str, folder: Path, log: str, watch: Any = None) -> None:
            runs.append([*words])
            given = dict(pairwise(words))
            (folder / given["--write"]).write_text(
                json.dumps({"modules": {"top": {"cells": CELLS | _moved(len(runs))}}}))
            if "--report" in given:
                write_timing(folder, given, reached[next(numbers)], 80.0, "core.a_TRELLIS_FF_Q")
                if "--textcfg" in given:
                    (folder / given["--textcfg"]).write_text(f"run {len(runs)}")
                watch("Info: Packing IOs..")
                watch("Info: nothing of interest")

        monkeypatch.setattr(place, "run", run)
        made = place.place(family, tmp_path, ["--12k"], ["core"], clock=80e6, **more)
        return made, runs

    yield placing


def test_the_first_that_meets_the_clock_is_kept(placed: Placed, tmp_path: Path) -> None:
    said: list[str] = []
    made, runs = placed([70.0, 80.0, 90.0], say=said.append)
    assert len(runs) == 2 and made.met and made.failures == []
    assert (made.seed, made.tried, made.asked, made.achieved) == (1, (1,), 80e6, 80e6)
    assert (tmp_path / ECP5.configuration).read_text() == "run 2"
    assert said == ["seed 1: packing"] * 2
    assert made.modules == {"core": Resources(ff=1), REST: Resources(lut=1)}
    assert made.total == Resources(lut=1, ff=1)
    assert made.available == Resources(lut=24_288, ff=24_289, ebr=56)


def test_the_fastest_of_all_is_kept_where_none_meets_the_clock(
    placed: Placed, tmp_path: Path
) -> None:
    made, runs = placed([60.0, 70.0, 75.0, 75.0, 71.0, 72.0])
    assert len(runs) == 6 and not made.met
    assert (made.seed, made.tried, made.achieved) == (2, (1, 2, 3), 75e6)
    assert (tmp_path / ECP5.configuration).read_text() == "run 3"
    (failure,) = made.failures
    assert "75.0 MHz of 80 with seeds 1, 2, 3;" in failure and "--clock 75," in failure


def test_a_configuration_can_be_the_netlist_that_is_written(
    placed: Placed, tmp_path: Path
) -> None:
    bare = replace(ECP5, configure=(), configuration="top.pnr.json")
    _, runs = placed([70.0, 80.0], bare)
    kept = json.loads((tmp_path / "top.pnr.json").read_text())["modules"]["top"]["cells"]
    assert kept["b"]["attributes"] == {"NEXTPNR_BEL": "X2/Y1/COMB0"}
    assert runs[0][:3] == ["--12k", "--lpf", "top.lpf"] and "--textcfg" not in runs[0]


def test_seeds_that_were_not_needed_are_not_told(placed: Placed) -> None:
    made, runs = placed([60.0, 70.0, 81.0], seeds=[4, 9, 2])
    assert (made.seed, made.tried, len(runs)) == (9, (4, 9), 3)


def test_every_run_is_of_its_seed_and_way(placed: Placed) -> None:
    _, runs = placed([60.0] * 4, seeds=[4, 9])
    asked = ["--12k", "--lpf", "top.lpf", "--freq", "80.000000", "--timing-allow-fail"]
    ways = [list(way) for way in ECP5.placing]
    assert [run[: run.index("--json")] for run in runs] == [asked + way for way in ways] * 2
    assert [run[run.index("--json") :][:4] for run in runs] == [
        ["--json", "given.json", "--seed", seed] for seed in "4499"]  # fmt: skip


def test_crowded_memories_are_placed_before_and_in_one_way(
    placed: Placed, tmp_path: Path
) -> None:
    said: list[str] = []
    _, runs = placed([60.0, 60.0], seeds=[4, 9], blocks=56, say=said.append)
    first, *others = runs
    assert first[first.index("--json") :] == [
        "--json", "free.json", "--seed", "4", "--no-route", "--write", "tried.json"]  # fmt: skip
    assert [run[run.index("--json") + 1] for run in others] == ["given.json"] * 2
    assert said == ["placing memories", "seed 4: packing", "seed 9: packing"]
    assert not any((tmp_path / f"{name}.json").exists() for name in ("given", "free", "tried"))


def test_a_placer_that_reads_the_netlist_as_it_is_gets_no_other(tmp_path: Path) -> None:
    assert place.prepared(ICE40, tmp_path, (), 1, 0, lambda _: None) == NETLIST
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_read_again(placed: Placed, tmp_path: Path) -> None:
    made, runs = placed([60.0, 85.0])
    assert place.read(tmp_path) == made
    # What nextpnr wrote on endpoints is kept in the file made of it alone.
    assert all("--detailed-timing-report" in run for run in runs)
    assert "detailed_net_timings" not in json.loads((tmp_path / place.timing(1)).read_text())
    assert not list(tmp_path.glob("*.sdf")) and not list(tmp_path.glob("seed*.endpoints.json"))
    assert not list(tmp_path.glob("*.placed.json"))


def test_the_places_that_are_kept_are_those_of_the_kept_run(
    placed: Placed, tmp_path: Path
) -> None:
    placed([60.0, 85.0])
    assert floorplan.read(tmp_path / place.FLOOR) == {"core": {}, "rest": {(2, 1): 1}}
    (register,) = endpoints.read(tmp_path / place.ENDPOINTS, {"core": "conv1"})
    assert (register.place, register.name, register.pin) == ("conv1", "a", "DI")
    assert register.delays == (round(1e6 / 85),)
    placed([60.0, 50.0, 70.0, 40.0, 55.0, 45.0])
    assert floorplan.read(tmp_path / place.FLOOR) == {"core": {}, "rest": {(3, 1): 1}}


def test_the_timing_that_is_kept_is_that_of_the_kept_run(placed: Placed, tmp_path: Path) -> None:
    made, runs = placed([75.0, 60.0], seeds=[7])
    assert len(runs) == 2 and made.achieved == 75e6
    kept = json.loads((tmp_path / place.timing(7)).read_text())
    assert kept["fmax"]["clk"]["achieved"] == 75.0
    (register,) = endpoints.read(tmp_path / place.ENDPOINTS, {"core": "core"})
    assert register.delays == (round(1e6 / 75),)


def test_nothing_is_placed_without_a_seed(placed: Placed) -> None:
    with pytest.raises(ValueError, match="no seed"):
        placed([80.0], seeds=[])
