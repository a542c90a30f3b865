"""The options of every command: bad numbers, names and paths are one line and nothing else."""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy, cells, constants, lanes, mnist, results, simulator, stages
from boards import run as boards_run
from hw import build, check
from model import arrays, convert, evaluate, export, options, plot, quantise, train
from model.refusal import Refusal
from sim import run as sim_run

NUMBERS: dict[Callable[[list[str]], int], tuple[str, ...]] = {
    build.main: ("--fps", "--fill", "--clock", "--simulate", "--allow-differing", "--seed",
                 "--attempts"),
    sim_run.main: ("--fps", "--fill", "--clock", "--jobs", "--allow-differing"),
    boards_run.main: ("--fps", "--fill"),
    quantise.main: ("--bits", "--fraction-bits"),
    train.main: ("--width", "--train-images", "--scale-bits", "--epochs", "--batch", "--lr",
                 "--momentum", "--weight-decay", "--shift", "--negative-gammas", "--seed",
                 "--threads", "--shards", "--lambda", "--kurtosis", "--kd", "--wdm", "--nu",
                 "--coupled"),
    accuracy.main: ("--seeds",), cells.main: ("--stages", "--jobs"), constants.main: ("--jobs",),
    lanes.main: ("--seeds", "--jobs"), mnist.main: ("--images", "--seeds"),
    results.main: ("--seeds", "--jobs"), simulator.main: ("--images", "--jobs"),
    stages.main: ("--stages",),
}
EVERY = [(main, option) for main, several in NUMBERS.items() for option in several]
PATHS = [
    *((build.main, each) for each in ("--checkpoint", "--out", "--images", "--labels")),
    *((sim_run.main, each) for each in ("--checkpoint", "--out", "--images", "--labels")),
    *((boards_run.main, each) for each in ("--checkpoint", "--out", "--images", "--labels")),
    *((evaluate.main, each) for each in ("--checkpoint", "--out", "--images", "--labels")),
    *((train.main, each) for each in ("--out", "--data-dir")),
    *((quantise.main, each) for each in ("--images", "--labels", "--data-dir")),
    (check.main, "--checkpoint"), (plot.main, "--out"), (plot.main, "--data-dir"),
]
NAMES = [
    (build.main, "--variant"), (build.main, "--board"), (check.main, "--board"),
    (sim_run.main, "--variant"), (sim_run.main, "--board"), (boards_run.main, "--variant"),
    (boards_run.main, "--port"), (train.main, "--teacher"),
]


def name(value: object) -> str:
    return value if isinstance(value, str) else getattr(value, "__module__", "")


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e300", "many", ""])
@pytest.mark.parametrize(("main", "option"), EVERY, ids=name)
def test_a_number_of_no_use_is_refused(
    main: Callable[[list[str]], int], option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{option}={value}"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {option} ") and said.count("\n") == 1
    assert "give a " in said


@pytest.mark.parametrize(("main", "option"), [*PATHS, *NAMES], ids=name)
def test_an_empty_path_or_name_is_refused(
    main: Callable[[list[str]], int], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{option}="]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {option} ''") and said.count("\n") == 1


@pytest.mark.parametrize("parser", [
    *(each.COMMAND.parser() for each in (build, check, sim_run, boards_run, train, evaluate,
                                         quantise, plot, convert, export)),
    results._parser(), accuracy._parser(),
], ids=lambda parser: parser.prog)
def test_no_option_takes_a_number_or_a_path_without_bounds(parser: argparse.ArgumentParser) -> None:
    assert isinstance(parser, options.Parser)
    assert [each.dest for each in parser._actions if each.type in (int, float, Path)] == []


def test_random_images_are_bounded_by_their_bytes(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hw.flow.job.RANDOM", 36 * 10)
    given = ["--checkpoint", str(bad / "good.pt"), "--board", "ulx3s"]
    out = tmp_path / "out"
    assert build.main([*given, "--out", str(out), "--simulate", "11"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --simulate 11: ") and "give at most 10" in said
    assert not out.exists()


@pytest.mark.parametrize("place", ["folder", "none/Z.npz", "file/Z.npz", "x" * 260, "pipe"])
@pytest.mark.parametrize("main", [sim_run.main, evaluate.main, boards_run.main], ids=name)
def test_what_cannot_be_written_is_refused_before_any_work(
    main: Callable[[list[str]], int], place: str, bad: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    np.save(tmp_path / "X.npy", np.zeros((2, 1, 6, 6), np.uint8))
    for worker in ("sim.work.run.cosimulate", "model.work.evaluate.evaluate",
                   "boards.work.run.classify"):
        monkeypatch.setattr(worker, None)
    given = ["--checkpoint", str(bad / "good.pt"), "--images", str(tmp_path / "X.npy")]
    given += ["--port", "/dev/none"] if main is boards_run.main else []
    before = sorted(tmp_path.iterdir())
    assert main([*given, "--out", str(tmp_path / place)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {tmp_path / place}: ") and said.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_an_earlier_file_stays_while_its_place_is_tried(tmp_path: Path) -> None:
    arrays.write(tmp_path / "Z.npz", scores=np.zeros(3), classes=np.zeros(3))
    earlier = (tmp_path / "Z.npz").read_bytes()
    arrays.check_folder(tmp_path / "Z.npz")
    assert (tmp_path / "Z.npz").read_bytes() == earlier
    assert [path.name for path in tmp_path.iterdir()] == ["Z.npz"]


def test_a_converted_network_needs_a_place_first(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="is a folder"):
        arrays.check_folder(tmp_path)
    assert convert.main(["--from", "qonnx", "none.onnx", str(tmp_path)]) == 2
