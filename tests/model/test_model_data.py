"""Reading the published files, and saying what is wrong with damaged ones."""

import gzip

import numpy as np
import pytest
import torch

from model.augmentation import Augmentation
from model.data import load
from model.refusal import Refusal


def test_idx_files_are_found_in_the_folder_and_above_it(mnist_dir):
    above, inside = load("mnist", mnist_dir, "train"), load("mnist", mnist_dir / "mnist", "train")
    assert np.array_equal(above.images, inside.images)
    assert (above.images.shape, above.images.dtype) == ((200, 1, 28, 28), np.uint8)
    assert (above.labels.shape, above.labels.dtype) == ((200,), np.int64)
    assert above.images[0, 0, 4 + 2 * above.labels[0], 0] == 250


def test_gzipped_files_are_read_as_published(mnist_dir):
    plain = load("mnist", mnist_dir, "test")
    for path in list((mnist_dir / "mnist").iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert np.array_equal(load("mnist", mnist_dir, "test").images, plain.images)


def test_cifar_records_are_label_then_channels(tmp_path):
    records = np.random.default_rng(1).integers(0, 256, (5, 3, 3073), dtype=np.uint8)
    records[:, :, 0] = [1, 2, 9]
    for number, batch in enumerate(records, 1):
        (tmp_path / f"data_batch_{number}.bin").write_bytes(batch.tobytes())
    (tmp_path / "test_batch.bin").write_bytes(records[0].tobytes())
    train = load("cifar10", tmp_path, "train")
    assert train.images.shape == (15, 3, 32, 32)
    assert train.labels.tolist() == [1, 2, 9] * 5
    assert train.images[4, 2, 31, 30] == records[1, 1, 1 + 2 * 1024 + 31 * 32 + 30]
    assert len(load("cifar10", tmp_path, "test")) == 3


@pytest.mark.parametrize(("damage", "said"), [
    (lambda path: path.unlink(), "no such file; --data-dir names"),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), "47039 bytes for a shape of"),
    (lambda path: path.write_bytes(b"<html>"), "not an idx file"),
    (lambda path: path.write_bytes(b""), "begins with nothing"),
    (lambda path: path.write_bytes(path.read_bytes()[:9]), "0 bytes for a shape of"),
    (lambda path: path.rename(path.with_name(path.name + ".gz")), "cannot be read"),
])
def test_damaged_file_is_named(mnist_dir, damage, said):
    damage(mnist_dir / "mnist" / "t10k-images-idx3-ubyte")
    with pytest.raises(Refusal, match=f"t10k-images-idx3-ubyte: .*{said}"):
        load("mnist", mnist_dir, "test")


def test_files_that_do_not_belong_together_are_refused(mnist_dir, idx_writer):
    labels = mnist_dir / "mnist" / "t10k-labels-idx1-ubyte"
    idx_writer(labels, np.zeros(59, np.uint8))
    with pytest.raises(Refusal, match="60 images and 59 labels"):
        load("mnist", mnist_dir, "test")
    idx_writer(labels, np.full(60, 10, np.uint8))
    with pytest.raises(Refusal, match="a label of 10"):
        load("mnist", mnist_dir, "test")


def test_cifar_file_of_another_length_and_unknown_set_are_refused(tmp_path):
    (tmp_path / "test_batch.bin").write_bytes(bytes(3072))
    with pytest.raises(Refusal, match="no whole number of 3073-byte records"):
        load("cifar10", tmp_path, "test")
    with pytest.raises(Refusal, match="'imagenet'; choose from mnist"):
        load("imagenet", tmp_path, "test")


def test_augmentation_only_moves_and_mirrors():
    images = torch.zeros(400, 2, 7, 9, dtype=torch.uint8)
    images[:, 0, 3, 4], images[:, 1, 3, 5] = 200, 100
    out = Augmentation(shift=2, flip=True)(images, torch.Generator().manual_seed(5))
    places = {(y, x) for y, x in out[:, 0].nonzero()[:, 1:].tolist()}
    assert places == {(y, x) for y in range(1, 6) for x in range(2, 7)}
    beside = {int(b) - int(a) for a, b in zip(out[:, 0].nonzero()[:, 2],
                                              out[:, 1].nonzero()[:, 2], strict=True)}
    assert beside == {-1, 1}


def test_no_augmentation_changes_nothing():
    images = torch.randint(0, 256, (3, 1, 4, 4), dtype=torch.uint8)
    assert torch.equal(Augmentation()(images, torch.Generator()), images)
