"""BNN-PYNQ's folders: made ones against their format's definition, the published ones exactly."""

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import load
from model.convert import main
from model.importers.bnn_pynq import TOPOLOGIES, Engine, read
from model.refusal import Refusal
from model.scoring import scores

CNV, LFC = TOPOLOGIES


def write(folder, layer, engine, bits, thresholds):
    """A layer's files, from its matrix (rows, columns) of bits and thresholds (rows,)."""
    for element in range(engine.pe):
        beats = bits[element::engine.pe].reshape(-1, engine.simd)
        words = np.zeros((len(beats), 64), np.uint8)
        words[:, :engine.simd] = beats
        np.packbits(words, bitorder="little").tofile(folder / f"{layer}-{element}-weights.bin")
        if engine.thresholds:
            thresholds[element::engine.pe].astype("<i8").tofile(
                folder / f"{layer}-{element}-thres.bin")


def made(folder, topology, classes=3, seed=1):
    """A folder of random parameters; the matrices and thresholds in it."""
    rng = np.random.default_rng(seed)
    matrices, thresholds = [], []
    for layer, engine in enumerate(topology.engines):
        bits = rng.integers(0, 2, (engine.rows, engine.columns), dtype=np.uint8)
        if layer == len(topology.engines) - 1:
            bits[classes:] = 1
        middle = engine.columns // 2 if engine.simd > 3 or layer else 0
        spread = 2 * int(np.sqrt(engine.columns)) if middle else 900
        steps = middle + rng.integers(-spread, spread + 1, engine.rows)
        # Sentinels of rows that are always or never one.
        steps[:2] = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        write(folder, layer, engine, bits, steps)
        matrices.append(bits.astype(int))
        thresholds.append(steps)
    (folder / "classes.txt").write_text("\r\n".join("abcdefgh"[:classes]))
    return matrices, thresholds


def agreeing(x, weights):
    return x @ weights.T + (1 - x) @ (1 - weights).T


def windows(maps):
    """(N, OH, OW, 3 * 3 * C), channel fastest, of maps (N, H, W, C)."""
    views = np.lib.stride_tricks.sliding_window_view(maps, (3, 3), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def cnv_counts(images, matrices, thresholds):
    """The published definition of cnvW1A1: counts of the last layer for uint8 (N, 3, 32, 32)."""
    q = np.minimum(127, np.floor((2 * (images / 255) - 1) * 128 + 0.5)).astype(int)
    x = windows(q.transpose(0, 2, 3, 1))
    x = (2 * (x @ (2 * matrices[0] - 1).T) > thresholds[0]).astype(int)
    for layer in range(1, 6):
        x = (agreeing(windows(x), matrices[layer]) > thresholds[layer]).astype(int)
        if layer in (1, 3):
            n, height, width, channels = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    x = x.reshape(len(x), -1)
    for layer in (6, 7):
        x = (agreeing(x, matrices[layer]) > thresholds[layer]).astype(int)
    return agreeing(x, matrices[8])


def lfc_counts(images, matrices, thresholds):
    """The published definition of lfcW1A1: 784 bits, padded with zeros to 832."""
    x = np.zeros((len(images), 832), int)
    x[:, :784] = images.reshape(len(images), -1) >= 128
    for layer in range(3):
        x = (agreeing(x, matrices[layer]) > thresholds[layer]).astype(int)
    return agreeing(x, matrices[3])


@pytest.mark.parametrize(("topology", "counts"), [(CNV, cnv_counts), (LFC, lfc_counts)],
                         ids=["cnv", "lfc"])
def test_made_network_scores_as_the_format_defines(tmp_path, topology, counts):
    parameters = made(tmp_path, topology)
    images = np.random.default_rng(2).integers(0, 256, (4, *topology.shape), dtype=np.uint8)
    checkpoint = read(tmp_path)
    size = topology.engines[-1].columns
    expected = 2 * counts(images, *parameters)[:, :3] - size
    assert len(np.unique(expected)) > 3
    assert (Reference(fold(checkpoint)).run(images).scores == expected).all()
    assert (scores(checkpoint.module(), images).numpy() == expected).all()


def test_command_writes_a_checkpoint_with_the_names_of_the_classes(tmp_path, capsys):
    made(tmp_path, LFC, classes=4)
    out = tmp_path / "net.pt"
    assert main(["--from", "bnn-pynq", str(tmp_path), str(out)]) == 0
    assert "images of 1 x 28 x 28, 4 binary layers with 2,904,064 weights, 4 classes" in (
        capsys.readouterr().out)
    checkpoint = load(out)
    assert (checkpoint.method, checkpoint.classes) == ("bnn-pynq", ["a", "b", "c", "d"])
    assert checkpoint.training["topology"] == "lfcW1A1"


def test_files_of_a_layer_are_those_of_its_folding():
    assert Engine(6, 8, 2, 4).files(5) == {
        "5-0-weights.bin": 48, "5-0-thres.bin": 24, "5-1-weights.bin": 48, "5-1-thres.bin": 24}
    assert Engine(6, 8, 1, 4, thresholds=False).files(0) == {"0-0-weights.bin": 96}


@pytest.fixture(scope="module")
def lfc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lfc")
    made(folder, LFC)
    return folder


def without(name):
    return lambda folder: (folder / name).unlink()


def holding(name, content):
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(("spoil", "said"), [
    (without("2-7-thres.bin"), "neither cnvW1A1 nor lfcW1A1; 2-7-thres.bin is missing, lfcW1A1 has"
     " 256 bytes; other networks"),
    (holding("1-3-weights.bin", bytes(8)), "1-3-weights.bin is 8 bytes, lfcW1A1 has 4096 bytes"),
    (holding("4-0-weights.bin", bytes(8)), "4-0-weights.bin is 8 bytes, lfcW1A1 has no such file"),
    (without("classes.txt"), "classes.txt: no such file; write one with a line for each class"),
    (holding("classes.txt", b"\n\n"), "classes.txt: 0 classes; lfcW1A1 has 1 to 64"),
    (holding("classes.txt", b"x\n" * 65), "classes.txt: 65 classes"),
    (holding("classes.txt", b"\xff\xfe\xfa"), "classes.txt: cannot be read"),
    (holding("classes.txt", b"a\nb"), "layer 3 has weights of more classes than the 2 in"),
    (holding("3-5-weights.bin", bytes([0, 1]) * 2048), "3-5-weights.bin: a word with more than its"
     " 8 bits (SIMD) in use"),
])
def test_folder_that_is_not_exactly_a_topology_is_refused(lfc, tmp_path, capsys, spoil, said):
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in lfc.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    spoil(folder)
    out = tmp_path / "net.pt"
    assert main(["--from", "bnn-pynq", str(folder), str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {folder}") and error.count("\n") == 1
    assert said in error
    assert not out.exists()


@pytest.mark.parametrize(("bits", "steps", "said"), [
    (1, 2, r"of 2-bit activations \(2 thresholds a row\), such as cnvW1A2"),
    (1, 3, r"of 2-bit activations \(3 thresholds a row\)"),
    (2, 2, r"of 2-bit weights and 2-bit activations \(2 thresholds a row\)")])
@pytest.mark.parametrize("topology", [CNV, LFC], ids=["cnv", "lfc"])
def test_folder_of_more_bits_is_told_how_many_it_has(tmp_path, topology, bits, steps, said):
    made(tmp_path, topology)
    for path in tmp_path.glob("*.bin"):
        if path.name.endswith("thres.bin"):
            path.write_bytes(path.read_bytes() * steps)
        elif bits == 2:
            words = np.fromfile(path, "<u8")
            simd = topology.engines[int(path.name.split("-")[0])].simd
            if 2 * simd <= 64:
                (words | (words << np.uint64(simd))).tofile(path)
    with pytest.raises(Refusal, match=f"a network {said}.*only those of one bit each are read"):
        read(tmp_path)


def test_command_replaces_a_file_only_when_asked(tmp_path, capsys):
    made(tmp_path, LFC)
    out = tmp_path / "net.pt"
    out.write_bytes(b"trained for a week")
    words = ["--from", "bnn-pynq", str(tmp_path), str(out)]
    assert main(words) == 2
    assert "a file lies there already; replace it with --overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"trained for a week"
    assert main([*words, "--overwrite"]) == 0
    assert load(out).method == "bnn-pynq"


def test_folder_without_parameters_is_refused(tmp_path):
    with pytest.raises(Refusal, match="no BNN-PYNQ parameters, such as"):
        read(tmp_path)
    with pytest.raises(Refusal, match="no such folder"):
        read(tmp_path / "none")


@pytest.fixture
def published(references):
    return references / "bnn-pynq"


@pytest.mark.parametrize(("name", "weights"), [
    ("cnvW1A1-cifar10", 1_542_848), ("lfcW1A1-mnist", 2_910_208)])
def test_published_parameters_are_read_and_fold_without_a_note(published, name, weights):
    checkpoint = read(published / name)
    products = checkpoint.module().products()
    assert sum(product.weight.numel() for product in products) == weights
    assert len(checkpoint.classes) == 10
    network = fold(checkpoint)
    assert network.notes == ()
    assert (network.scores.multipliers == 1).all() and (network.scores.offsets == 0).all()


def test_published_cnv_gives_every_published_score(published, published_images):
    test = published_images("cifar10")
    images, labels = test.images[:200], test.labels[:200]
    counts = np.load(published / "cnvW1A1-cifar10.scores.npy")[:200].astype(int)
    checkpoint = read(published / "cnvW1A1-cifar10")
    found = Reference(fold(checkpoint)).run(images)
    assert ((found.scores + 512) // 2 == counts).all()
    assert torch.equal(scores(checkpoint.module(), images).long(),
                       torch.from_numpy(2 * counts - 512))
    assert (found.classes == labels).sum() == (counts.argmax(1) == labels).sum() > 150


def test_published_lfc_is_right_on_9834_of_10000_digits(published, published_images):
    test = published_images("mnist")
    found = Reference(fold(read(published / "lfcW1A1-mnist"))).run(test.images)
    assert (found.classes == test.labels).sum() == 9834
