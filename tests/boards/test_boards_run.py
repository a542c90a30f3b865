"""``boards.run``: what it prints and writes, and its one line for every bad input."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from peer import INFO, Peer, answer

from boards.protocol import Info
from boards.run import main

COUNT = 7


@pytest.fixture
def images(tmp_path: Path) -> Path:
    numbers = np.random.default_rng(3)
    path = tmp_path / "images.npy"
    np.save(path, numbers.integers(0, 256, (COUNT, *INFO.shape), np.uint8))
    return path


@pytest.fixture
def port() -> str:
    return peer_port(INFO)


def peer_port(info: Info) -> str:
    peer = Peer(lambda number, reply: reply, {}, info)
    peer.start()
    return peer.path


def test_classes_and_scores_are_written(port: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert main(["--port", port, "--images", str(images), "--out", str(out)]) == 0
    expected = [answer(image.transpose(1, 2, 0).tobytes()) for image in np.load(images)]
    found = np.load(out)
    assert found["scores"].tolist() == [list(each.scores) for each in expected]
    assert found["classes"].tolist() == [each.klass for each in expected]
    assert (found["scores"].dtype, found["classes"].dtype) == (np.int64, np.int64)


def test_the_channels_of_a_pixel_travel_together(tmp_path: Path) -> None:
    info = Info(slots=2, shape=(3, 2, 4), classes=4, score_bytes=2, digest=bytes(16))
    image = np.random.default_rng(5).integers(0, 256, info.shape, np.uint8)
    port, out = peer_port(info), tmp_path / "out.npz"
    images = saved(tmp_path, "images.npy", image[None])
    assert main(["--port", port, "--images", images, "--out", str(out)]) == 0
    line = bytes(image[:, y, x].tolist()[c] for y in range(2) for x in range(4) for c in range(3))
    assert np.load(out)["scores"].tolist() == [list(answer(line).scores)]
    assert answer(line) != answer(image.tobytes())


def test_the_table_tells_network_and_accuracy(
    port: str, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.array([answer(image.tobytes()).klass for image in np.load(images)])
    labels[0] = (labels[0] + 1) % INFO.classes
    np.save(tmp_path / "labels.npy", labels)
    arguments = ["--port", port, "--images", str(images)]
    assert main([*arguments, "--labels", str(tmp_path / "labels.npy")]) == 0
    shown = capsys.readouterr().out
    assert INFO.digest.hex() in shown
    assert f"{(COUNT - 1) / COUNT:.2%} ({COUNT - 1} of {COUNT})" in shown
    assert re.search(rf"images +│ +{COUNT} ", shown)
    assert re.search(r"recoveries from a broken line +│ +0 ", shown)


def test_a_board_of_another_protocol_fails(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = Info(slots=2, shape=(1, 4, 5), classes=4, score_bytes=2, digest=bytes(16), version=9)
    out = tmp_path / "out.npz"
    assert main(["--port", peer_port(old), "--images", str(images), "--out", str(out)]) == 1
    assert "failed: this driver does not speak to this board" in capsys.readouterr().err
    assert not out.exists()


def test_a_board_with_another_network_fails(
    port: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = Path(__file__).parents[2] / "examples" / "mnist" / "net.pt"
    arguments = ["--port", port, "--images", str(images), "--checkpoint", str(checkpoint)]
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert f"failed: the board holds network {INFO.digest.hex()}, the checkpoint is" in told.err
    assert "differ from the integer reference" not in told.out


Spoiled = Callable[[Path], list[str]]


def saved(folder: Path, name: str, array: np.ndarray) -> str:
    np.save(folder / name, array)
    return str(folder / name)


BAD: dict[str, tuple[Spoiled, str]] = {
    "missing": (
        lambda at: ["--images", str(at / "none.npy")],
        "none.npy: no such file",
    ),
    "no array": (
        lambda at: ["--images", __file__],
        "not a .npy array",
    ),
    "floats": (
        lambda at: ["--images", saved(at, "f.npy", np.zeros((1, 1, 4, 5)))],
        "float64 (1, 1, 4, 5), expected at least one image as uint8",
    ),
    "one image without N": (
        lambda at: ["--images", saved(at, "f.npy", np.zeros((1, 4, 5), np.uint8))],
        "uint8 (1, 4, 5), expected at least one image as uint8",
    ),
    "no images": (
        lambda at: ["--images", saved(at, "f.npy", np.zeros((0, 1, 4, 5), np.uint8))],
        "expected at least one image",
    ),
    "another shape": (
        lambda at: ["--images", saved(at, "f.npy", np.zeros((2, 1, 5, 4), np.uint8))],
        "shape (1, 5, 4), but the board's network reads (1, 4, 5)",
    ),
    "labels of another length": (
        lambda at: ["--labels", saved(at, "l.npy", np.zeros(COUNT - 1, int))],
        "int64 (6,), expected integers (7,)",
    ),
    "a label of no class": (
        lambda at: ["--labels", saved(at, "l.npy", np.full(COUNT, INFO.classes))],
        f"label {INFO.classes} of image 0",
    ),
    "no folder": (
        lambda at: ["--out", str(at / "none" / "z.npz")],
        "there is no folder",
    ),
    "unknown board": (
        lambda at: ["--board", "ulx4m"],
        "board 'ulx4m' is not known; choose one of: ulx3s",
    ),
    "no port": (
        lambda at: ["--port", str(at / "ttyUSB0")],
        "cannot be opened",
    ),
    "no checkpoint": (
        lambda at: ["--checkpoint", str(at / "none.pt")],
        "none.pt",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line_and_nothing_is_written(
    case: str, port: str, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = BAD[case]
    out = tmp_path / "out.npz"
    usual = ["--port", port, "--images", str(images), "--out", str(out)]
    assert main([*usual, *arguments(tmp_path)]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("error: ")
    assert message in told
    assert len(told.splitlines()) == 1
    assert not out.exists()


def test_the_simulated_board_needs_a_checkpoint(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--port", "sim", "--images", str(images)])
    assert stopped.value.code == 2
    assert "--port sim needs --checkpoint" in capsys.readouterr().err
