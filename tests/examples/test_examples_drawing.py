"""Drawn digits: pictures of any size become images as of MNIST, and a simulated board reads them.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from hw.build import main as build

EXAMPLES = Path(__file__).parents[2] / "examples"
IMAGES = np.load(EXAMPLES / "mnist" / "images.npy")[:12]
LABELS = np.load(EXAMPLES / "mnist" / "labels.npy")[:12]


@pytest.fixture(scope="module")
def drawing() -> Iterator[ModuleType]:
    sys.path.insert(0, str(EXAMPLES / "drawing"))
    yield import_module("classify")
    sys.path.remove(str(EXAMPLES / "drawing"))


def page(
    image: np.ndarray, *, times: int = 9, dark: bool = True, grain: float = 0.0
) -> Image.Image:
    """A digit of MNIST drawn large on a page of 640 x 480, away from its middle."""
    large = Image.fromarray(image[0]).resize((28 * times, 28 * times), Image.Resampling.BICUBIC)
    ink = np.zeros((480, 640))
    ink[100 : 100 + 28 * times, 30 : 30 + 28 * times] = np.asarray(large)
    grains = np.random.default_rng(1).normal(0, grain, ink.shape)
    shown = (235 - 0.8 * ink if dark else ink) + grains
    return Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("form", [
    {"times": 3}, {"times": 12}, {"dark": False}, {"grain": 6.0},
], ids=["small", "large", "light on dark", "grain"])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_becomes_nearly_the_image_that_was_drawn(
    form: dict[str, float], suffix: str, drawing: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / f"digit{suffix}"
    for image in IMAGES:
        page(image, **form).save(path)
        made = drawing.read(path)
        assert (made.shape, made.dtype) == ((1, 28, 28), np.uint8)
        assert alike(made, image) > 0.9


def alike(made: np.ndarray, image: np.ndarray) -> float:
    """The correlation of two images, by a pixel apart at most: a mean may round to either side."""
    near = (-1, 0, 1)
    moved = [np.roll(made, (rows, columns), (1, 2)) for rows in near for columns in near]
    return float(max(np.corrcoef(each.ravel(), image.ravel())[0, 1] for each in moved))


def test_a_transparent_picture_is_on_white(drawing: ModuleType, tmp_path: Path) -> None:
    """As drawing programs save a layer: black ink, and nothing around it."""
    ink = page(IMAGES[0], dark=False)
    clear = Image.merge("RGBA", (*[Image.new("L", ink.size)] * 3, ink))
    clear.save(tmp_path / "clear.png")
    ink.save(tmp_path / "ink.png")
    assert (drawing.read(tmp_path / "clear.png") == drawing.read(tmp_path / "ink.png")).all()


def test_the_simulated_board_reads_a_picture(
    drawing: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, paths = tmp_path / "build", [tmp_path / f"{label}.png" for label in LABELS[:2]]
    assert build(["--checkpoint", str(EXAMPLES / "mnist" / "net.pt"), "--board", "ulx3s", "--out",
                  str(folder), "--simulate", "0", "--stop-after", "plan"]) == 0
    capsys.readouterr()
    for path, image in zip(paths, IMAGES, strict=False):
        page(image).save(path)
    assert drawing.main([*map(str, paths), "--port", "sim", "--build", str(folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [each[:8] for each in said] == [f"{label}.png: {label}"[:8] for label in LABELS[:2]]
    assert "score" in said[0]


def test_a_watched_folder_gives_each_new_picture_once_it_is_whole(
    drawing: ModuleType, tmp_path: Path
) -> None:
    page(IMAGES[0]).save(tmp_path / "old.png")
    page(IMAGES[1]).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "whole.png").unlink()
    writes = [("new.png", whole[:99]), ("new.png", whole), ("note.txt", b"no picture"), None, None,
              ("old.png", whole), None]
    looks = iter(writes)
    given: list[tuple[str, int]] = []

    class Ended(Exception):
        pass

    def wait() -> None:
        try:
            write = next(looks)
        except StopIteration:
            raise Ended from None
        if write:
            (tmp_path / write[0]).write_bytes(write[1])

    with pytest.raises(Ended):
        for path in drawing.new(tmp_path, wait):
            given.append((path.name, path.stat().st_size))
    assert given == [("new.png", len(whole)), ("old.png", len(whole))]


@pytest.mark.parametrize(("make", "said"), [
    (lambda at: at.write_text("text"), "no picture that can be read"),
    (lambda at: Image.new("L", (50, 50), 240).save(at), "nothing is drawn on it"),
    (lambda at: None, "no picture that can be read"),
], ids=["text", "blank", "missing"])
def test_a_file_without_a_digit_gets_one_line(
    make, said: str, drawing: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "it.png"
    make(path)
    assert drawing.main([str(path), "--port", "/none"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith("error: ") and said in told[0]
