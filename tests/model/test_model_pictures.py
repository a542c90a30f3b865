"""One's own images: pictures in a folder for each class, and arrays, to train and to test on."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.checkpoint import load, save
from model.evaluate import main as evaluate
from model.images import Images
from model.pictures import Reading, described, read, read_test
from model.refusal import Refusal
from model.train import main as train

SIDE = 12


def draw(path: Path, number: int, size: tuple[int, int] = (SIDE, SIDE), mode: str = "RGB") -> None:
    """A picture with a bright left half where ``number`` is even, a bright right one where not."""
    pixels = np.random.default_rng(number).integers(0, 60, (*size, 3), np.uint8)
    half = size[1] // 2
    pixels[:, half:] += 180 * (number % 2)
    pixels[:, :half] += 180 * (1 - number % 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)


def drawn(folder: Path, count: int = 20, parts: tuple[str, ...] = ("",)) -> Path:
    """A folder of two classes, ``left`` and ``right``."""
    for part in parts:
        for number in range(count):
            draw(folder / part / ("left", "right")[number % 2] / f"{number}.png", number)
    return folder


def same(one: Images, other: Images) -> bool:
    return np.array_equal(one.images, other.images) and np.array_equal(one.labels, other.labels)


def test_pictures_become_images_of_their_folders_class(tmp_path):
    train_set, test_set = read(drawn(tmp_path, 20), Reading())
    assert train_set.classes == test_set.classes == ("left", "right")
    assert train_set.images.shape[1:] == (3, SIDE, SIDE) and train_set.images.dtype == np.uint8
    assert len(train_set) + len(test_set) == 20
    for each in (train_set, test_set):
        bright = each.images[..., SIDE // 2:].mean((1, 2, 3)) > 120
        assert np.array_equal(bright, each.labels == 1) and set(each.labels) == {0, 1}


def test_the_split_is_by_seed_and_name(tmp_path):
    folder = drawn(tmp_path, 40)
    first, other = (read(folder, Reading(seed=seed))[1] for seed in (1, 2))
    assert not same(first, other)
    assert same(first, read(folder, Reading(seed=1))[1])
    assert 2 <= len(first) <= 16
    # One more picture moves no other from one side to the other.
    draw(folder / "left" / "new.png", 100)
    train_set, test_set = read(folder, Reading(seed=1))
    kept = {image.tobytes() for image in first.images}
    assert {image.tobytes() for image in test_set.images} - kept <= {
        np.asarray(Image.open(folder / "left" / "new.png")).transpose(2, 0, 1).tobytes()}
    assert len(train_set) + len(test_set) == 41


def test_folders_of_their_own_are_not_split(tmp_path):
    folder = drawn(tmp_path, 6, ("train", "test"))
    train_set, test_set = read(folder, Reading())
    assert len(train_set) == len(test_set) == 6 and same(train_set, test_set)
    assert not train_set.source


def test_arrays_are_read_as_they_are_and_split(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 2, 5, 7), np.uint8)
    labels = np.arange(30) % 3
    np.save(tmp_path / "X.npy", images)
    np.save(tmp_path / "Y.npy", labels)
    train_set, test_set = read(tmp_path, Reading())
    assert train_set.classes == ("0", "1", "2")
    found = np.concatenate([train_set.images, test_set.images])
    assert {each.tobytes() for each in found} == {each.tobytes() for each in images}
    for image, label in zip(test_set.images, test_set.labels, strict=True):
        (number,) = np.flatnonzero((images == image).all((1, 2, 3)))
        assert labels[number] == label


@pytest.mark.parametrize(("size", "grey", "shape"), [
    ((8, 8), False, (3, 8, 8)), ((6, 10), True, (1, 6, 10)), (None, True, (1, SIDE, SIDE)),
])
def test_size_and_colour_are_those_asked_for(size, grey, shape, tmp_path):
    train_set, test_set = read(drawn(tmp_path), Reading(size=size, grey=grey))
    assert train_set.images.shape[1:] == test_set.images.shape[1:] == shape


@pytest.mark.parametrize(("mode", "name"), [
    ("RGBA", "p.png"), ("P", "p.gif"), ("L", "p.jpg"), ("1", "p.png"), ("CMYK", "p.jpg"),
])
def test_every_kind_of_picture_is_read(mode, name, tmp_path):
    folder = drawn(tmp_path)
    draw(folder / "left" / name, 0, mode=mode)
    assert len(read(folder, Reading(size=(8, 8)))[0]) > 10


def test_a_picture_is_upright_and_its_middle_is_kept(tmp_path):
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 200
    drawn(tmp_path, 4)
    for number in range(4):
        Image.fromarray(wide).save(tmp_path / "left" / f"wide{number}.png")
    train_set, _ = read(tmp_path, Reading(size=(4, 4)))
    middles = [image for image, label in zip(train_set.images, train_set.labels, strict=True)
               if label == 0 and (image == 200).all()]
    assert middles


def test_statistics_are_those_of_the_training_images(tmp_path):
    train_set, _ = read(drawn(tmp_path), Reading())
    usual = described(train_set)
    scaled = train_set.images.transpose(1, 0, 2, 3).reshape(3, -1) / 255
    assert usual.mean == tuple(np.round(scaled.mean(1), 4))
    assert usual.std == tuple(np.round(scaled.std(1), 4))
    assert (usual.shape, usual.classes) == ((3, SIDE, SIDE), ("left", "right"))


def spoil(folder: Path, what: str) -> None:
    left = folder / "left"
    if what == "text":
        (left / "note.txt").write_text("not a picture\n")
    elif what == "cut short":
        (left / "0.png").write_bytes((left / "0.png").read_bytes()[:60])
    elif what == "empty":
        (left / "0.png").write_bytes(b"")
    elif what == "a folder":
        (left / "more").mkdir()
    elif what == "16 bits":
        Image.fromarray(np.zeros((SIDE, SIDE), np.uint16)).save(left / "0.png")
    elif what == "another size":
        draw(left / "large.png", 0, (20, 20))
    elif what == "a class of one":
        draw(folder / "alone" / "0.png", 0)
    elif what == "a class of none":
        (folder / "none").mkdir()


@pytest.mark.parametrize(("what", "told"), [
    ("text", "note.txt: no picture that can be read"), ("cut short", "0.png: no picture"),
    ("empty", "0.png: no picture"), ("a folder", "more: no such file, but a folder"),
    ("16 bits", "more than 8 bits"), ("another size", "give --size, such as 32"),
    ("a class of one", "class alone has 1 images"), ("a class of none", "none: no pictures"),
])
def test_what_cannot_be_read_is_named_in_one_line(what, told, tmp_path):
    folder = drawn(tmp_path)
    spoil(folder, what)
    with pytest.raises(Refusal) as refused:
        read(folder, Reading())
    assert told in str(refused.value) and "\n" not in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(("arrays", "told"), [
    ({"X": np.zeros((4, 1, 5, 5)), "Y": np.arange(4) % 2}, "X.npy: float64"),
    ({"X": np.zeros((4, 1, 5, 5), np.uint8), "Y": np.arange(3)}, "Y.npy: int64 (3,)"),
    ({"X": np.zeros((4, 1, 5, 5), np.uint8), "Y": np.array([0, 1, 1, -1])}, "Y.npy: label -1"),
    ({"X": np.zeros((4, 1, 5, 5), np.uint8), "Y": np.array([0, 0, 1, 10**9])}, "Y.npy: label"),
    ({"X": np.zeros((4, 1, 5, 5), np.uint8), "Y": np.array([0, 0, 2, 2])}, "class 1 has 0"),
    ({"X": np.zeros((4, 1, 5, 5), np.uint8)}, "Y.npy: no such file"),
])
def test_arrays_that_do_not_go_together_are_named_in_one_line(arrays, told, tmp_path):
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(Refusal) as refused:
        read(tmp_path, Reading())
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_classes_of_train_and_test_are_the_same(tmp_path):
    folder = drawn(tmp_path, 6, ("train", "test"))
    draw(folder / "test" / "third" / "0.png", 0)
    with pytest.raises(Refusal, match=r"train/ are left, right, those of test/ left, right, third"):
        read(folder, Reading())


def test_a_network_is_trained_on_pictures_and_measured_on_the_others(tmp_path, capsys):
    folder, out = drawn(tmp_path / "pictures", 60), tmp_path / "net.pt"
    words = ["--method", "bnn", "--arch", "small", "--width", "8", "--data", str(folder),
             "--size", "8", "--grey", "--epochs", "10", "--batch", "8", "--out", str(out)]
    assert train(words) == 0
    capsys.readouterr()
    checkpoint = load(out)
    assert checkpoint.classes == ["left", "right"]
    assert checkpoint.arch["input"]["shape"] == [1, 8, 8]
    assert checkpoint.training["split"] == {"seed": 1, "share": 0.2}
    assert checkpoint.metrics["data"] == "pictures" and checkpoint.metrics["accuracy"] > 0.9
    _, wanted = read(folder, Reading(size=(8, 8), grey=True))
    assert same(read_test(folder, checkpoint), wanted)
    right, count = checkpoint.metrics["correct"], len(wanted)
    for options in (["--data", str(folder)], ["--images", str(folder)]):
        for more in ([], ["--integer"]):
            assert evaluate(["--checkpoint", str(out), *options, *more]) == 0
            assert f": {right} of {count} (" in capsys.readouterr().out
    log = json.loads((tmp_path / "net.log.jsonl").read_text().splitlines()[0])
    assert log["data"] == "pictures" and log["split"] == {"seed": 1, "share": 0.2}
    draw(folder / "third" / "0.png", 0)
    assert evaluate(["--checkpoint", str(out), "--data", str(folder)]) == 2
    assert "its classes are left, right, third; the network's are left, right" in \
        capsys.readouterr().err


@pytest.mark.parametrize(("words", "told"), [
    (["--data", "nowhere"], "--data nowhere: no such folder, and no data set"),
    (["--data", "mnist"], "give --data-dir DIR as well"),
    (["--data", ".", "--data-dir", "."], "leave out --data-dir"),
    (["--data", "mnist", "--data-dir", ".", "--size", "8"], "leave them out for mnist"),
    (["--data", ".", "--size", "0"], "--size 0: give a number of pixels"),
    (["--data", ".", "--size", "8x9x10"], "--size 8x9x10: give a number of pixels"),
])
def test_options_that_do_not_go_together_are_refused(words, told, tmp_path, capsys):
    given = ["--method", "bnn", "--arch", "small", "--out", str(tmp_path / "net.pt")]
    assert train([*given, *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and told in said and said.count("\n") == 1


def test_labels_beside_a_folder_are_refused(tmp_path, checkpoint, capsys):
    save(checkpoint, tmp_path / "net.pt")
    np.save(tmp_path / "Y.npy", np.zeros(2, np.int64))
    folder = drawn(tmp_path / "pictures", 4)
    assert evaluate(["--checkpoint", str(tmp_path / "net.pt"), "--images", str(folder),
                     "--labels", str(tmp_path / "Y.npy")]) == 2
    assert "has its own; leave them out" in capsys.readouterr().err
