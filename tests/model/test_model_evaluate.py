"""Scoring images from files, by PyTorch and in integers, and refusing what cannot be scored."""

import numpy as np
import pytest

from model.checkpoint import save
from model.evaluate import main
from model.networks import build
from model.scoring import scores
from model.work.evaluate import evaluate


@pytest.fixture
def folder(checkpoint, tmp_path):
    """net.pt, X.npy with 40 images and Y.npy with their labels."""
    random = np.random.default_rng(11)
    save(checkpoint, tmp_path / "net.pt")
    np.save(tmp_path / "X.npy", random.integers(0, 256, (40, 1, 6, 6), dtype=np.uint8))
    np.save(tmp_path / "Y.npy", random.integers(0, 3, 40))
    return tmp_path


def command(folder, *more, images="X.npy"):
    return main(["--checkpoint", str(folder / "net.pt"), "--images", str(folder / images), *more])


def test_scores_are_those_of_the_module_whatever_the_batch(checkpoint, folder):
    images = np.load(folder / "X.npy")
    whole = evaluate(checkpoint, images)
    alone = [evaluate(checkpoint, images[n : n + 1]).scores[0] for n in range(40)]
    assert (whole.scores.shape, whole.scores.dtype) == ((40, 3), np.float32)
    assert np.array_equal(whole.scores, alone)
    assert np.array_equal(whole.classes, whole.scores.argmax(1))


def test_integers_name_the_same_class_as_pytorch(checkpoint, folder):
    images = np.load(folder / "X.npy")
    exact = evaluate(checkpoint, images, integer=True)
    assert exact.scores.dtype == np.int64
    assert np.array_equal(exact.classes, evaluate(checkpoint, images).classes)
    assert exact.differing == 0


@pytest.mark.parametrize(("more", "by"), [([], "PyTorch"),
                                          (["--integer"], "the integer reference")])
def test_command_reports_accuracy_and_writes_scores(checkpoint, folder, capsys, more, by):
    out = folder / "Z.npz"
    assert command(folder, "--labels", str(folder / "Y.npy"), "--out", str(out), *more) == 0
    result = evaluate(checkpoint, np.load(folder / "X.npy"), integer=bool(more))
    right = result.correct(np.load(folder / "Y.npy"))
    said = capsys.readouterr().out
    assert f"accuracy by {by}: {right} of 40" in said
    assert ("class differs from PyTorch on 0 of 40 images" in said) is bool(more)
    with np.load(out) as archive:
        assert np.array_equal(archive["scores"], result.scores)
        assert np.array_equal(archive["classes"], result.classes)


def test_command_without_labels_prints_a_line_per_image(folder, capsys):
    assert command(folder) == 0
    assert capsys.readouterr().out.count("image ") == 40


def test_command_scores_a_data_set(mnist_dir, tmp_path, capsys):
    from model.train import main as train

    net, sets = str(tmp_path / "mnist.pt"), ["--data", "mnist", "--data-dir", str(mnist_dir)]
    assert train(["--method", "bnn-dl", "--arch", "small", "--width", "8", "--epochs", "1",
                  "--out", net, *sets]) == 0
    trained = capsys.readouterr().out.split(": ")[1].split(" mnist")[0]
    assert main(["--checkpoint", net, *sets]) == 0
    assert f"accuracy by PyTorch: {trained}" in capsys.readouterr().out


@pytest.mark.parametrize(("array", "said"), [
    (np.zeros((2, 1, 6, 6)), "float64 pixels, expected uint8"),
    (np.zeros((2, 1, 6, 6), np.int8), "int8 pixels, expected uint8"),
    (np.zeros((2, 6, 6, 1), np.uint8), "shape (2, 6, 6, 1), the checkpoint reads (N, 1, 6, 6)"),
    (np.zeros((1, 6, 6), np.uint8), "shape (1, 6, 6), the checkpoint reads"),
    (np.zeros((0, 1, 6, 6), np.uint8), "no images"),
    (np.array([{}]), "not a .npy array"),
])
def test_images_of_another_kind_are_refused(folder, capsys, array, said):
    np.save(folder / "other.npy", array)
    assert command(folder, "--out", str(folder / "Z.npz"), images="other.npy") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {folder / 'other.npy'}: ")
    assert said in error
    assert error.count("\n") == 1
    assert not (folder / "Z.npz").exists()


@pytest.mark.parametrize(("content", "said"), [
    (None, "no such file"), (b"", "not a .npy array"), (b"text", "not a .npy array"),
    (b"\x93NUMPY\x01\x00", "not a .npy array"), (b"PK\x03\x04 broken", "an archive"),
])
def test_file_that_is_no_array_is_refused(folder, capsys, content, said):
    if content is not None:
        (folder / "other.npy").write_bytes(content)
    assert command(folder, images="other.npy") == 2
    assert said in capsys.readouterr().err


def test_archive_of_arrays_is_refused(folder, capsys):
    np.savez(folder / "many.npz", a=np.zeros(2))
    assert command(folder, images="many.npz") == 2
    assert "an archive of several arrays" in capsys.readouterr().err


@pytest.mark.parametrize("labels", [np.zeros(39, int), np.zeros(40), np.zeros((40, 1), int)])
def test_labels_that_do_not_go_with_the_images_are_refused(folder, capsys, labels):
    np.save(folder / "Y.npy", labels)
    assert command(folder, "--labels", str(folder / "Y.npy")) == 2
    assert "one label per image" in capsys.readouterr().err


@pytest.mark.parametrize(("label", "type_", "said"), [
    (99, np.int64, "label 99 of image 7, and 33 of 40 in all, are none of the 3 classes; they are"),
    (3, np.uint8, "label 3 of image 7"), (-1, np.int64, "label -1 of image 7"),
    (2**64 - 1, np.uint64, "label 18446744073709551615 of image 7")])
def test_label_of_no_class_is_refused_with_its_place(folder, capsys, label, type_, said):
    np.save(folder / "Y.npy", np.array([0] * 7 + [label] * 33, type_))
    assert command(folder, "--labels", str(folder / "Y.npy")) == 2
    assert said in capsys.readouterr().err


def header(shape, content=b"", version=1, length=None):
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = len(text) if length is None else length
    return (b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(2 * version, "little") + text
            + content)


@pytest.mark.parametrize(("content", "said"), [
    (header((10**13, 1, 6, 6)), "its shape claims 360,000,000,000,000 bytes, 0 are there"),
    (header((2**62, 4, 6, 6)), "its shape claims 664,0"),
    (header((2, 1, 6, 6), bytes(71)), "its shape claims 72 bytes, 71 are there"),
    (header((2, 1, 6, 6), bytes(73)), "its shape claims 72 bytes, 73 are there"),
    (header((-2, 1, 6, 6), bytes(72)), "a negative size"),
    (header((2, 1, 6, 6), bytes(72), 2, 2**31), "a header of 2,147,483,648 bytes"),
    (header((2, 1, 6, 6), bytes(72), 3), "version 3.0, of which only"),
    (header("(" * 900 + ")" * 900), "not a .npy array"),
    (header("[" * 20_000), "not a .npy array"),
])
def test_header_that_claims_what_is_not_there_is_refused(folder, capsys, content, said):
    (folder / "other.npy").write_bytes(content)
    assert command(folder, images="other.npy") == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and len(error) < 2000


def test_results_replace_results_and_nothing_else(folder, capsys):
    out = folder / "Z.npz"
    assert command(folder, "--out", str(out)) == command(folder, "--out", str(out)) == 0
    np.savez(folder / "mine.npz", images=np.zeros(3), labels=np.zeros(3))
    for name in ("net.pt", "X.npy", "mine.npz"):
        before = (folder / name).read_bytes()
        assert command(folder, "--out", str(folder / name)) == 2
        assert "no archive of results, and would be lost" in capsys.readouterr().err
        assert (folder / name).read_bytes() == before


def test_large_images_are_scored_a_few_at_once():
    table = [[1] * 256]
    network = build({"input": {"shape": [1, 1024, 2048], "table": table}, "layers": [
        {"kind": "conv", "name": "conv", "out": 8, "kernel": 1, "stride": 1024},
        {"kind": "sign", "name": "sign"}, {"kind": "flatten", "name": "flat"},
        {"kind": "dense", "name": "dense", "out": 2}]})
    seen = []
    network.layer("conv").register_forward_hook(lambda _, read, __: seen.append(len(read[0])))
    assert scores(network, np.zeros((20, 1, 1024, 2048), np.uint8)).shape == (20, 2)
    assert seen == [8, 8, 4]


def test_data_set_of_another_shape_and_missing_checkpoint_are_refused(folder, mnist_dir, capsys):
    sets = ["--data", "mnist", "--data-dir", str(mnist_dir)]
    assert main(["--checkpoint", str(folder / "net.pt"), *sets]) == 2
    assert "--data mnist: shape (60, 1, 28, 28)" in capsys.readouterr().err
    assert main(["--checkpoint", str(folder / "none.pt"), *sets]) == 2
    assert "none.pt: no such file" in capsys.readouterr().err


def test_output_that_cannot_be_written_is_refused(folder, capsys):
    assert command(folder, "--out", str(folder / "none" / "Z.npz")) == 2
    assert "Z.npz: there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    [], ["--checkpoint", "net.pt"], ["--checkpoint", "net.pt", "--data", "mnist"],
    ["--checkpoint", "net.pt", "--data", "mnist", "--images", "X.npy"]])
def test_unusable_arguments_exit_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
