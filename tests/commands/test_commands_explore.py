"""``--explore``: a table, a picture and figures of what every rate costs, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from hw import build
from hw.flow.ledger import DONE, LEDGER
from hw.plan.front import read


@pytest.fixture
def folder(bad: Path, tmp_path: Path) -> Path:
    """A folder with a checkpoint in it."""
    shutil.copy(bad / "good.pt", tmp_path / "net.pt")
    return tmp_path


def ask(folder: Path, *options: str) -> int:
    arguments = ["--checkpoint", str(folder / "net.pt"), "--board", "ulx3s", "--simulate", "0"]
    return build.main([*arguments, "--out", str(folder / "out"), *options])


def test_explore_tells_every_design_and_builds_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(folder, "--explore") == 0
    assert {path.name for path in (folder / "out").iterdir()} == {
        "explore.json", "explore.svg", "tools",
    }
    said = capsys.readouterr().out
    made = read((folder / "out" / "explore.json").read_text())
    for point in made.points:
        assert f" {point.interval:,} " in said
    assert (folder / "out" / "explore.svg").read_text().count("<svg") == 1


def test_variant_and_clock_are_those_asked_for(folder: Path) -> None:
    assert ask(folder, "--explore", "--variant", "12F", "--clock", "50") == 0
    figures = json.loads((folder / "out" / "explore.json").read_text())
    assert (figures["device"], figures["clock"]) == ("LFE5U-12F", 50e6)
    assert figures["points"][-1]["frames_per_second"] == 50e6 / figures["points"][-1]["interval"]


def test_a_second_time_is_recalled_and_told_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(folder, "--explore")
    first = capsys.readouterr().out
    files = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*")}
    assert ask(folder, "--explore") == 0
    again = capsys.readouterr().out
    assert "unchanged" in again
    assert first[first.index("designs for") :] == again[again.index("designs for") :]
    assert {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*")} == files


def test_a_build_that_is_there_stays_as_it_is(folder: Path) -> None:
    ask(folder, "--stop-after", "verilog", "--fps", "1000")
    every = [path for path in (folder / "out").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in every if path.name not in (LEDGER, DONE)}
    assert ask(folder, "--explore", "--clock", "50") == 0
    assert {path: path.read_bytes() for path in before} == before
    assert ask(folder, "--stop-after", "verilog", "--fps", "1000") == 0
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(("options", "stays"), [
    ((), True), (("--fps", "1000"), True), (("--clock", "50"), False),
])  # fmt: skip
def test_a_build_removes_the_exploration_of_another_network_or_clock(
    options: tuple[str, ...], stays: bool, folder: Path
) -> None:
    ask(folder, "--explore")
    ask(folder, "--stop-after", "plan", *options)
    assert (folder / "out" / "explore.svg").exists() == stays
    assert (folder / "out" / "explore.json").exists() == stays


@pytest.mark.parametrize(("options", "told"), [
    (("--fps", "5"), "not allowed with argument"), (("--fill", "0.5"), "not allowed with argument"),
])
def test_a_speed_cannot_be_asked_for_as_well(
    options: tuple[str, ...], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        ask(folder, "--explore", *options)
    assert left.value.code == 2
    assert told in capsys.readouterr().err


def test_help_tells_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "--explore print what every frame rate costs" in said
