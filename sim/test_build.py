"""The whole road for a small random network: checkpoint to bitstream, again, and too fast."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards.resources import Resources
from hw import build, steps
from hw.emit import place
from hw.emit.family import Family
from hw.emit.place import Placement
from hw.emit.report import Report, read
from hw.flow import sources
from sim.roads import RAN, ROADS, copy


@pytest.fixture
def ulx3s(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A copy of the road to the ULX3S."""
    return copy("ulx3s", tmp_path_factory.getbasetemp(), tmp_path / "road")


@pytest.fixture
def icebreaker(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A copy of the road to the iCEBreaker."""
    return copy("icebreaker", tmp_path_factory.getbasetemp(), tmp_path / "road")


def report(folder: Path) -> Report:
    return read(folder / "out" / "report.json")


def _path_is_the_clock(made: Report) -> None:
    """The slowest path takes a period of the clock that was reached, in parts of the design."""
    assert made.timing is not None and made.timing.path
    total = sum(step.seconds for step in made.timing.path)
    assert 1 / total == pytest.approx(made.timing.achieved, rel=0.01)
    parts = {*(layer.name for layer in made.layers), "rest"}
    assert {step.layer for step in made.timing.path} <= parts
    ends = made.timing.endpoints
    assert ends is not None and made.counts.placed is not None
    first = ends.slowest[0]
    assert round(first.seconds * 1e12) == round(1e12 / made.timing.achieved)
    assert first.layer in parts and 1 <= first.holding[0] <= ends.holding[0] <= ends.count
    # Each flip-flop has an endpoint, but for the few that sample a pin or another clock.
    assert ends.count > 0.9 * made.counts.placed.ff


def test_a_small_network_becomes_a_bitstream_and_only_once(
    ulx3s: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {path.name for path in (ulx3s / "out").iterdir()}
    assert files == {
        "network.npz", "plan.json", "design.v", "design.bit", "report.html", "report.md",
        "report.json", "README.md", "tools",
    }
    told = (ulx3s / "out" / "README.md").read_text()
    assert "load it: `openFPGALoader -b ulx3s -m design.bit`" in told
    made = report(ulx3s)
    page = (ulx3s / "out" / "report.html").read_text()
    assert page.count("<img ") == 5 and page.count('<path style="') == len(made.layers) + 1
    assert made.simulation is not None and made.timing is not None and made.timing.met
    assert (made.simulation.images, made.simulation.differing) == (5, 0)
    assert made.simulation.differing_pytorch == 0
    assert made.simulation.cycles_per_frame == made.interval
    placed = [part.placed for part in (*(layer.counts for layer in made.layers), made.rest)]
    assert all(one is not None and one.lut > 0 for one in placed)
    assert sum((one for one in placed if one is not None), Resources()) == made.counts.placed
    assert made.sections["gates"]["XNOR"] > 0
    assert made.energy.activity is not None
    _path_is_the_clock(made)
    assert [each.images for each in made.activations] == [5] * (len(made.layers) - 1)

    # Steps whose files have the path of the build, which is another one in a copy.
    made_again = {"simulate", "netlist", "report"}
    for _ in range(2):
        capsys.readouterr()
        assert build.main(ROADS["ulx3s"].words(ulx3s)) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
        again = {line[1] for line in lines if line[0] == "✓"}
        assert again == made_again
        assert sum(line[0] == "·" for line in lines) == len(steps.STEPS) - len(again)
        made_again = set()


def test_a_clock_that_is_not_met_in_any_way_of_placing_packs_nothing(
    ulx3s: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    really, out, found = place.place, ulx3s / "out", dict[float, str]()
    ways = list[int]()

    def noting(family: Family, folder: Path, *given: Any, **named: Any) -> Placement:
        def noted(cells: Mapping[str, Any], keep: Sequence[str]) -> dict[str, Resources]:
            """The clock in MHz and the configuration of an attempt, while its files are there."""
            (reached,) = json.loads((folder / "seed1.report.json").read_text())["fmax"].values()
            found[1e6 * reached["achieved"]] = (folder / "seed1.config").read_text()
            return family.placed(cells, keep)

        ways.append(len(family.placing))
        return really(replace(family, placed=noted), folder, *given, **named)

    monkeypatch.setattr(place, "place", noting)
    assert build.main(ROADS["ulx3s"].words(
        ulx3s, "--clock", "300", "--simulate", "0", "--prove", "0", "--simulate-netlist", "0"
    )) == 1  # fmt: skip
    assert "the clock reaches" in capsys.readouterr().err
    assert not (out / "design.bit").exists()
    timing = report(ulx3s).timing
    assert timing is not None and not timing.met and timing.tried == (1,)
    assert len(found) == ways[0] == 2
    assert timing.achieved == max(found)
    kept = [path.read_text() for path in (out / "tools").glob("*.config")]
    assert kept == [found[max(found)]]


def test_a_small_network_becomes_a_bitstream_of_ice40(icebreaker: Path) -> None:
    assert (icebreaker / "out" / "design.bin").read_bytes()[:2] == b"\xff\x00"
    made = report(icebreaker)
    assert made.device == "iCE40UP5K-SG48"
    assert made.simulation is not None and made.simulation.differing == 0
    assert made.timing is not None and made.timing.met
    _path_is_the_clock(made)
    synthesised, placed = made.counts.synthesised, made.counts.placed
    assert synthesised is not None and placed is not None
    assert (placed.ff, placed.ebr) == (synthesised.ff, synthesised.ebr)
    # nextpnr adds a cell where a carry chain begins or ends outside it.
    assert synthesised.lut <= placed.lut <= 1.05 * synthesised.lut


@pytest.mark.parametrize("road", ROADS)
def test_every_file_that_a_step_executes_is_within_its_key(
    road: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(road)
    every = json.loads((folder / RAN).read_text())
    for step in steps.STEPS:
        rooms = [sources.ROOT / room for room in sources.OURS]
        ran = {file for file in map(Path, every[step.name]) if set(rooms) & set(file.parents)}
        # Modules that show and store a build, which do not decide its results; and the recorder.
        ran -= {*(sources.ROOT / "hw" / "flow").iterdir(), sources.ROOT / "sim" / "roads.py",
                sources.ROOT / "model" / "progress.py"}
        assert ran or step.name == "load"
        assert ran <= set(sources.reached(type(step)).files), step.name
