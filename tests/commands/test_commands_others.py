"""Every other command refuses what `hw.build` refuses: one line, status 2, nothing written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from boards import run as board_run
from model import evaluate
from sim import run as simulate

Main = Callable[[list[str]], int]

COMMANDS: dict[str, tuple[Main, list[str]]] = {
    "sim.run": (simulate.main, []),
    "model.evaluate": (evaluate.main, ["--integer"]),
    "boards.run": (board_run.main, ["--port", "sim"]),
}

CASES = {
    "missing checkpoint": ("nowhere.pt", "good.npy", "nowhere.pt: no such file"),
    "text": ("text.pt", "good.npy", "not a Purelogic checkpoint"),
    "code": ("code.pt", "good.npy", "nothing in it was run"),
    "arch not of weights": ("mismatch.pt", "good.npy", "conv2.weight: arch says [20, 8, 3, 3]"),
    "images missing": ("good.pt", "nowhere.npy", "nowhere.npy"),
    "images no array": ("good.pt", "text.npy", "text.npy"),
    "images of wrong shape": ("good.pt", "shape.npy", "5, 6"),
    "images of wrong type": ("good.pt", "float.npy", "uint8"),
    "no images": ("good.pt", "none.npy", "none.npy"),
}


# The host driver asks the board for the shape it reads: a simulator's test, not one of these.
PAIRS = [
    (command, case)
    for command in COMMANDS
    for case in CASES
    if (command, case) != ("boards.run", "images of wrong shape")
]


@pytest.mark.parametrize(("command", "case"), PAIRS)
def test_refuses(
    command: str, case: str, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, options = COMMANDS[command]
    checkpoint, images, fragment = CASES[case]
    out = tmp_path / "Z.npz"
    arguments = ["--checkpoint", str(bad / checkpoint), "--images", str(bad / images)]
    assert main([*arguments, *options, "--out", str(out)]) == 2
    text = capsys.readouterr().err
    assert text.startswith("error: ") and text.count("\n") == 1
    assert fragment in text
    assert not list(tmp_path.iterdir())
    assert not (bad / "code-was-run").exists()


@pytest.mark.parametrize("command", ["sim.run", "boards.run"])
def test_an_unknown_board_is_answered_with_the_known(
    command: str, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, options = COMMANDS[command]
    arguments = ["--checkpoint", str(bad / "good.pt"), "--images", str(bad / "good.npy")]
    assert main([*arguments, *options, "--board", "ulx4"]) == 2
    assert "choose one of: ulx3s" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_unsupported_layers_are_named_at_once(
    command: str, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, options = COMMANDS[command]
    arguments = ["--checkpoint", str(bad / "unsupported.pt"), "--images", str(bad / "good.npy")]
    assert main([*arguments, *options]) == 2
    text = capsys.readouterr().err
    for name in ("'relu1'", "'conv2'", "'again'"):
        assert f"layer {name}: " in text
