"""``hw.sweep``: a row for every combination, kept as it is ready, and not built again."""

import csv
import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from commands_process import hear

from hw.emit import scatter
from hw.emit.sweep import Figures, Row, comma_separated
from hw.sweep import main
from model.checkpoint import save
from sim.random_networks import random_checkpoint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "net.pt"
    save(random_checkpoint(3), path)
    return path


def words(checkpoint: Path, out: Path, *more: str) -> list[str]:
    return ["--checkpoint", str(checkpoint), "--out", str(out), "--stop-after", "plan",
            "--simulate", "0", *more]


def read(out: Path) -> list[dict[str, str]]:
    with (out / "sweep.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def swept(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two designs that fit and one that does not, of which the first has two seeds."""
    out = tmp_path_factory.mktemp("swept") / "sweep"
    assert main(words(checkpoint, out, "--boards", "ulx3s:12F", "--fills", "0.3", "0.001",
                      "--seeds", "1", "2", "--jobs", "2")) == 0
    return out


def test_every_combination_is_a_row_with_its_state(swept: Path) -> None:
    rows = read(swept)
    assert [(row["folder"], row["state"]) for row in rows] == [
        ("ulx3s-12F-fill0.3-seed1", "done"), ("ulx3s-12F-fill0.3-seed2", "done"),
        ("ulx3s-12F-fill0.001-seed1", "refused"), ("ulx3s-12F-fill0.001-seed2", "refused")]
    assert rows[2]["reason"].startswith("the network does not fit")
    assert "\n" not in rows[2]["reason"]
    kept = json.loads((swept / "sweep.json").read_text())["rows"]
    assert [row["folder"] for row in kept] == [row["folder"] for row in rows]
    for row, made in zip(kept[:2], rows[:2], strict=True):
        report = json.loads((swept / row["folder"] / "report.json").read_text())
        assert row["figures"]["lut"] == int(made["lut"]) == report["counts"]["estimate"]["lut"]
        assert row["figures"]["rate"] == report["clock"] / report["interval"]
        assert row["figures"]["device"] == "LFE5U-12F"
    assert kept[2]["figures"] is None


def test_another_seed_begins_from_the_steps_of_the_first(swept: Path) -> None:
    """Its folder has steps that this process's build of the second seed did not run again."""
    steps = [json.loads((swept / f"ulx3s-12F-fill0.3-seed{seed}/tools/steps.json").read_text())
             for seed in (1, 2)]
    assert steps[0]["plan"] == steps[1]["plan"]  # with its seconds
    assert not (swept / ".ulx3s-12F-fill0.3-seed2.copy").exists()


def test_again_is_recognised_and_what_is_asked_for_twice_is_one_row(
    swept: Path, checkpoint: Path
) -> None:
    before = (swept / "ulx3s-12F-fill0.3-seed1/report.json").stat().st_mtime_ns
    assert main(words(checkpoint, swept, "--boards", "ulx3s:12F", "ulx3s:12F", "--fills", "0.3",
                      "--seeds", "1", "1")) == 0
    rows = read(swept)
    assert [row["folder"] for row in rows] == ["ulx3s-12F-fill0.3-seed1"]
    assert (swept / "ulx3s-12F-fill0.3-seed1/report.json").stat().st_mtime_ns == before


def test_ctrl_c_leaves_whole_files_and_says_what_goes_on(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    command = [sys.executable, "-m", "hw.sweep", *words(
        checkpoint, out, "--boards", "icebreaker", "--fps", "1", "2", "3", "4")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
                          preexec_fn=hear) as sweeping:
        assert sweeping.stdout and sweeping.stderr
        assert sweeping.stdout.readline().startswith("1 of 4")
        sweeping.send_signal(signal.SIGINT)
        said = sweeping.stderr.read()
    assert sweeping.returncode == 130, said
    rows = read(out)
    assert rows and len(rows) < 4 and {row["state"] for row in rows} == {"done"}
    assert f"{len(rows)} of 4 rows are in {out / 'sweep.csv'}" in said
    assert len(json.loads((out / "sweep.json").read_text())["rows"]) == len(rows)


@pytest.mark.parametrize(("options", "said"), [
    (["--boards", "ulx4m"], "board 'ulx4m' is not known"),
    (["--boards", "ulx3s:13F"], "board ulx3s has no variant '13F'"),
    (["--boards", "ulx3s", "--fills", "0.1", "--fps", "9"], "not allowed with argument"),
    (["--boards", "ulx3s", "--fills", "2"], "--fill 2: give a number"),
])
def test_bad_options_are_one_line_and_nothing_is_written(
    options: list[str], said: str, checkpoint: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        status = main(words(checkpoint, tmp_path / "out", *options))
    except SystemExit as left:
        status = left.code
    told = capsys.readouterr().err.splitlines()
    assert status == 2 and len(told) == 1 and said in told[0]
    assert not (tmp_path / "out").exists()


def figures(lut: int, rate: float) -> Figures:
    return Figures(device="LFE5U-12F", lut=lut, ff=lut, ebr=3, clock=8e7, fmax=None, rate=rate,
                   energy=1e-9, differing=0)


MADE = [figures(900, 10), figures(400, 5), figures(500, 4), figures(1000, 9), figures(1200, 80)]


def test_the_front_has_no_design_that_another_beats() -> None:
    assert [(each.lut, each.rate) for each in scatter.front(MADE)] == [
        (400, 5), (900, 10), (1200, 80)]


def test_the_picture_names_boards_and_what_is_missing(tmp_path: Path) -> None:
    row = Row(folder="", board="ulx3s", variant="12F", fill=None, fps=None, clock=None, seed=None,
              state="done")
    rows = [replace(row, figures=each) for each in MADE]
    rows += [replace(row, board="icebreaker", state="refused", reason="a, \"b\"")]
    scatter.draw(rows, "net: 6 builds", tmp_path / "sweep.svg")
    said = [each.text for each in ET.parse(tmp_path / "sweep.svg").iter() if each.text]
    for expected in ("ulx3s 12F", "LUT4", "frames/s", "1 of 6 rows refused or failed",
                     "net: 6 builds", "front"):
        assert expected in said
    assert "icebreaker UP5K" not in said
    lines = list(csv.DictReader(comma_separated(rows).splitlines()))
    assert lines[-1]["reason"] == "a, \"b\"" and lines[0]["lut"] == "900"


@pytest.mark.long
def test_a_clock_that_is_not_met_is_a_failed_row_with_its_figures(
    checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    given = ["--checkpoint", str(checkpoint), "--out", str(out), "--simulate", "0", "--boards",
             "ulx3s:12F", "--fps", "1", "--clocks", "300", "--seeds", "1"]
    assert main(given) == 1
    row, = read(out)
    assert row["state"] == "failed" and "MHz of 300" in row["reason"]
    assert float(row["fmax"]) < 300e6 and float(row["rate"]) < float(row["made_clock"])
