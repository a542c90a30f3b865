"""BNN-PYNQ's folders: made ones against the format's definition, the published ones exactly."""

import numpy as np
import pytest
import torch
from model_pynq import CNV, LFC, Net, accumulators, made

from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import load
from model.convert import main
from model.importers.pynq.reader import read
from model.scoring import scores

CNV_W1 = ((16, 3), (32, 32), (16, 32), (16, 32), (4, 32), (1, 32), (1, 4), (1, 8))
CNV_W2 = ((8, 3), (16, 16), (8, 16), (8, 16), (4, 8), (1, 8), (1, 2), (2, 2), (4, 1))
LFC_W1 = ((32, 64), (64, 32), (32, 64))
OTHER_CNV = ((1, 9), (2, 64), (4, 18), (8, 1), (2, 36), (4, 64), (8, 16), (2, 2), (5, 16))
OTHER_LFC = ((8, 16), (2, 64), (4, 1), (7, 2))

NETS = {
    "cnvW1A1, as streetview": (CNV, (*CNV_W1, (4, 1)), {"rows": 12, "ends_in_bits": True}),
    "cnvW1A1, folded otherwise": (CNV, OTHER_CNV, {"rows": 35}),
    "cnvW1A2": (CNV, (*CNV_W1, (4, 1)), {"steps": 2}),
    "cnvW2A2": (CNV, CNV_W2, {"steps": 2, "bits": 2}),
    "lfcW1A1": (LFC, (*LFC_W1, (16, 8)), {"ends_in_bits": True}),
    "lfcW1A1, as chars": (LFC, (*LFC_W1, (16, 8)),
                          {"rows": 48, "ends_in_bits": True, "classes": 47}),
    "lfcW1A2": (LFC, (*LFC_W1, (16, 8)), {"steps": 2, "ends_in_bits": True}),
    "lfcW1A2, folded otherwise": (LFC, OTHER_LFC, {"steps": 2, "rows": 7}),
    "lfcW2A2": (LFC, ((32, 32), (64, 16), (32, 32), (16, 4)), {"steps": 2, "bits": 2}),
}


def net_of(name):
    shapes, folding, fields = NETS[name]
    return Net(shapes=shapes, folding=folding, **fields)


def images_of(net, count=2):
    shape = (3, 32, 32) if net.conv else (1, 28, 28)
    return np.random.default_rng(2).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.mark.parametrize("name", NETS)
def test_made_network_scores_as_the_published_program(tmp_path, name):
    net = made(tmp_path, net_of(name))
    images = images_of(net)
    acc = accumulators(net, images)[:, :net.classes]
    # Ours are sums of +1 and -1, of which two stand for an activation of two bits.
    expected = 2 * acc - net.shapes[-1][0] if net.counts else 2 * acc
    assert len(np.unique(expected)) > 3
    checkpoint = read(tmp_path)
    assert checkpoint.training["topology"] == name.partition(",")[0]
    assert (scores(checkpoint.module(), images).numpy() == expected).all()
    assert (Reference(fold(checkpoint)).run(images).scores == expected).all()


@pytest.mark.parametrize("name", ["lfcW1A1", "lfcW1A2", "cnvW1A2", "cnvW2A2"])
def test_both_bits_of_an_activation_share_their_weights(tmp_path, name):
    net = made(tmp_path, net_of(name))
    first, *others = fold(read(tmp_path)).products
    assert first.shared == 1
    assert {product.shared for product in others} == {net.steps}


@pytest.mark.parametrize("name", ["lfcW1A1, as chars", "lfcW1A2", "lfcW2A2"])
def test_highest_output_bit_tells_the_class_if_asked(tmp_path, name, capsys):
    shapes, folding, fields = NETS[name]
    net = made(tmp_path, Net(shapes, folding, **{**fields, "ends_in_bits": True, "classes": 4}))
    images = images_of(net, 80)
    bits = (accumulators(net, images) > net.thresholds[-1][:, 0])[:, :4]
    # The program's answer is the logarithm of the bits as a number, and 0 for none.
    expected = [max(int(number).bit_length() - 1, 0) for number in bits @ (1 << np.arange(4))]
    assert {0, 1, 2, 3} <= set(bits.sum(1)) and set(expected) == {0, 1, 2, 3}
    out = tmp_path / "net.pt"
    assert main(["--from", "bnn-pynq", str(tmp_path), str(out), "--output-bits"]) == 0
    checkpoint = load(out)
    assert scores(checkpoint.module(), images).argmax(1).tolist() == expected
    assert Reference(fold(checkpoint)).run(images).classes.tolist() == expected


@pytest.mark.parametrize(("name", "layers"), [
    ("lfcW1A1", "4 binary layers with 2,903,040 weights"),
    ("lfcW2A2", "4 integer layers with 5,003,264 weights")])
def test_command_writes_a_checkpoint_with_the_names_of_the_classes(tmp_path, capsys, name, layers):
    made(tmp_path, net_of(name))
    (tmp_path / "classes.txt").write_text(f"a\r\n\r\n{'b' * 150}\nc\x07d\n")
    out = tmp_path / "net.pt"
    assert main(["--from", "bnn-pynq", str(tmp_path), str(out)]) == 0
    assert f"images of 1 x 28 x 28, {layers}, 3 classes" in capsys.readouterr().out
    checkpoint = load(out)
    assert checkpoint.classes == ["a", "b" * 97 + "...", "c\\x07d"]
    assert (checkpoint.method, checkpoint.training["topology"]) == ("bnn-pynq", name)


def test_command_replaces_a_file_only_when_asked(tmp_path, capsys):
    made(tmp_path, net_of("lfcW1A1"))
    out = tmp_path / "net.pt"
    out.write_bytes(b"trained for a week")
    words = ["--from", "bnn-pynq", str(tmp_path), str(out)]
    assert main(words) == 2
    assert "a file lies there already; replace it with --overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"trained for a week"
    assert main([*words, "--overwrite"]) == 0
    assert load(out).method == "bnn-pynq"


@pytest.fixture
def published(references):
    """From the name of a published network to its folder."""

    def folder(name):
        if not (references / "bnn-pynq" / name).is_dir():
            pytest.skip(f"PURELOGIC_REFERENCES has no bnn-pynq/{name}")
        return references / "bnn-pynq" / name

    return folder


@pytest.mark.parametrize(("name", "weights", "classes", "constant"), [
    ("cnvW1A1-cifar10", 1_542_848, 10, 0), ("lfcW1A1-mnist", 2_910_208, 10, 0),
    ("cnvW1A1-road-signs", 1_560_256, 44, 0), ("cnvW1A1-streetview", 1_542_848, 10, 1),
    ("lfcW1A1-chars_merged", 2_948_096, 47, 0), ("cnvW1A2-cifar10", 3_083_968, 10, 11),
    ("lfcW1A2-mnist", 5_017_600, 10, 0), ("cnvW2A2-cifar10", 3_083_968, 10, 19)])
def test_published_parameters_are_read_and_fold(published, name, weights, classes, constant):
    checkpoint = read(published(name))
    products = checkpoint.module().products()
    assert sum(product.weight.numel() for product in products) == weights
    assert len(checkpoint.classes) == classes
    assert checkpoint.training["topology"] == name.partition("-")[0]
    network = fold(checkpoint)
    assert [note.partition(" channels are")[0].split(": ")[1].split(" of ")[0]
            for note in network.notes] == [str(constant)] * bool(constant)


def test_published_cnv_gives_every_published_score(published, published_images):
    test = published_images("cifar10")
    images, labels = test.images[:200], test.labels[:200]
    folder = published("cnvW1A1-cifar10")
    counts = np.load(folder.with_suffix(".scores.npy"))[:200].astype(int)
    checkpoint = read(folder)
    found = Reference(fold(checkpoint)).run(images)
    assert ((found.scores + 512) // 2 == counts).all()
    assert torch.equal(scores(checkpoint.module(), images).long(),
                       torch.from_numpy(2 * counts - 512))
    assert (found.classes == labels).sum() == (counts.argmax(1) == labels).sum() > 150


def test_published_lfc_is_right_on_9834_of_10000_digits(published, published_images):
    test = published_images("mnist")
    found = Reference(fold(read(published("lfcW1A1-mnist")))).run(test.images)
    assert (found.classes == test.labels).sum() == 9834


@pytest.mark.parametrize(("name", "right"), [("lfcW1A1-mnist", 9840), ("lfcW1A2-mnist", 9849)])
def test_output_bits_of_lfc_have_the_published_accuracy(published, published_images, name, right):
    test = published_images("mnist")
    module = read(published(name), output_bits=True).module()
    assert (scores(module, test.images).argmax(1).numpy() == test.labels).sum() == right


@pytest.mark.long
@pytest.mark.parametrize(("name", "right"), [("cnvW1A2-cifar10", 8266), ("cnvW2A2-cifar10", 8429)])
def test_cnv_of_two_bits_has_the_published_accuracy(published, published_images, name, right):
    test = published_images("cifar10")
    module = read(published(name)).module()
    assert (scores(module, test.images).argmax(1).numpy() == test.labels).sum() == right
