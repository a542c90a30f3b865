"""Reading the published files, and saying what is wrong with damaged ones."""

import gzip
import io
import os
import pickle
import struct
import zlib
from functools import partial

import numpy as np
import pytest
import torch
from scipy.io import savemat

from model import cifar, images
from model.augmentation import Augmentation
from model.data import SETS, load
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
    with pytest.raises(Refusal, match=f"t10k-images-idx3-ubyte(.gz)?: .*{said}"):
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


CIFAR100 = [("train", 7), ("test", 4)]


def cifar100(random):
    """Per split: coarse labels, fine labels, pixels."""
    return {name: (random.integers(0, 20, count, dtype=np.uint8),
                   np.append(random.integers(0, 100, count - 1, dtype=np.uint8), np.uint8(99)),
                   random.integers(0, 256, (count, 3072), dtype=np.uint8))
            for name, count in CIFAR100}


def python_2_batch(pixels, labels):
    """As cPickle of Python 2 wrote it: its strings are what bytes are now."""
    def text(given):
        return b"U" + bytes([len(given)]) + given

    made = (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b")
            + b"\x87R(K\x01K" + bytes([len(pixels)]) + b"M\x00\x0c\x86cnumpy\ndtype\n"
            + text(b"u1") + b"K\x00K\x01\x87R(K\x03" + text(b"|")
            + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
            + struct.pack("<I", pixels.size) + pixels.tobytes() + b"tb")
    fine = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"data") + made + text(b"fine_labels") + fine + b"u."


def test_cifar100_has_the_fine_label_second_and_reads_the_same_of_both_versions(tmp_path):
    made = cifar100(np.random.default_rng(2))
    binary, python = tmp_path / "cifar-100-binary", tmp_path / "py" / "cifar-100-python"
    for folder in (binary, python):
        folder.mkdir(parents=True)
    for name, (coarse, fine, pixels) in made.items():
        records = np.column_stack([coarse, fine, pixels])
        (binary / f"{name}.bin").write_bytes(records.tobytes())
        (python / name).write_bytes(python_2_batch(pixels, fine))
    for split, count in CIFAR100:
        found = [load("cifar100", folder, split) for folder in (tmp_path, tmp_path / "py", python)]
        for each in found:
            assert each.images.shape == (count, 3, 32, 32)
            assert each.labels.dtype == np.int64
            assert np.array_equal(each.labels, made[split][1])
            assert np.array_equal(each.images.reshape(count, -1), made[split][2])
    assert len(SETS["cifar100"].classes) == len({*SETS["cifar100"].classes}) == 100


class Command:
    def __reduce__(self):
        return os.system, ("echo ran",)


class Filled:
    """An array made by calling numpy's class, over memory that a pickle gives."""

    def __reduce__(self):
        return np.ndarray, ((1,), "u1", b"x")


@pytest.mark.parametrize("batch", [
    Command(), {"data": Command()}, {"data": Filled(), "fine_labels": [0]},
    {"data": np.array([Command()]), "fine_labels": [0]}, {"data": partial(print)},
    {"data": np.zeros((1, 3072), "S1"), "fine_labels": [0]}])
def test_a_pickle_of_more_than_plain_arrays_is_not_run(tmp_path, batch, capfd):
    (tmp_path / "test").write_bytes(pickle.dumps(batch, 2))
    with pytest.raises(Refusal, match="test: not a pickled batch of CIFAR, or one that holds more"):
        load("cifar100", tmp_path, "test")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("batch", "said"), [
    ([1, 2], "holds no uint8"),
    ({b"data": np.zeros((2, 3072), np.uint8)}, "holds no uint8"),
    ({b"data": np.zeros((2, 3072), np.uint8), b"fine_labels": [1]}, "with as many 'fine_labels'"),
    ({b"data": np.zeros((2, 3072), np.float32), b"fine_labels": [1, 2]}, "holds no uint8"),
    ({b"data": np.zeros((2, 3071), np.uint8), b"fine_labels": [1, 2]}, "holds no uint8"),
    ({b"data": np.zeros((1, 3072), np.uint8), b"fine_labels": ["1"]}, "holds no uint8"),
    ({b"data": np.zeros((1, 3072), np.uint8), b"fine_labels": [100]}, "a label of 100 among"),
    ({b"data": np.zeros((1, 3072), np.uint8), b"fine_labels": [-1]}, "a label of -1 among"),
])
def test_a_pickled_batch_of_another_form_is_refused(tmp_path, batch, said):
    (tmp_path / "test").write_bytes(pickle.dumps(batch))
    with pytest.raises(Refusal, match=said):
        load("cifar100", tmp_path, "test")


@pytest.mark.parametrize("hostile", [
    b"\x80\x02Nr\xff\xff\xff\x3f.", b"\x80\x04" + b"]" * 5_000_000 + b".",
    b"\x80\x04\x95" + struct.pack("<Q", 5_000_001) + b"]" * 5_000_000 + b".",
    b"\x80\x04\x8e" + struct.pack("<Q", 2**50) + b"x."],
    ids=["memo of 2^30 entries", "a million lists", "lists in a frame", "a petabyte"])
def test_a_pickle_takes_no_more_memory_or_time_than_a_batch(tmp_path, monkeypatch, hostile):
    assert 1_000_000 < cifar._Unpickler.steps < 10_000_000
    monkeypatch.setattr(cifar._Unpickler, "steps", 100_000)
    (tmp_path / "test").write_bytes(hostile)
    with pytest.raises(Refusal, match=r"not a pickled batch of CIFAR|holds no uint8"):
        load("cifar100", tmp_path, "test")


def bomb(head):
    """A gzipped file that goes on for 30 MB behind its head."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", compresslevel=1) as packed:
        packed.write(head)
        for _ in range(30):
            packed.write(bytes(10**6))
    return made.getvalue()


def replaced(path, content, zipped):
    path.unlink()
    path.with_name(path.name + ".gz" * zipped).write_bytes(content)


IMAGES = bytes([0, 0, 8, 3])


@pytest.mark.parametrize(("write", "said"), [
    (lambda path: replaced(path, bomb(IMAGES + struct.pack(">3I", 60, 28, 28)), True),
     "ubyte.gz: unpacks to more than the 16,777,216 bytes"),
    (lambda path: replaced(path, IMAGES + struct.pack(">3I", *[2**32 - 1] * 3), False),
     r"0 bytes for a shape of \(4294967295, "),
    (lambda path: replaced(path, IMAGES + struct.pack(">3I", 2**32 - 1, 2**32 - 4, 0), False),
     r"a shape of \(4294967295, 4294967292, 0\), nothing at all"),
    (lambda path: replaced(path, gzip.compress(path.read_bytes())[:-9] + b"123456789", True),
     "ubyte.gz: cannot be read"),
    (lambda path: path.unlink() or os.mkfifo(path), "no such file|a pipe"),
    (lambda path: path.unlink() or path.symlink_to(path.name), "Too many levels|no such file"),
    (lambda path: os.truncate(path, 2**40), "1,099,511,627,776 bytes, at most 16,777,216 are"),
])
def test_a_file_of_a_set_is_never_more_than_a_set_can_hold(mnist_dir, monkeypatch, write, said):
    monkeypatch.setattr(images, "LARGEST", 2**24)
    write(mnist_dir / "mnist" / "t10k-images-idx3-ubyte")
    with pytest.raises(Refusal, match=said):
        load("mnist", mnist_dir, "test")


@pytest.mark.parametrize(("mark", "order"), [(b"\0\1IM", "<"), (b"\1\0MI", ">")])
def test_svhn_that_unpacks_to_more_than_the_set_is_refused_before_it_is(
        tmp_path, monkeypatch, mark, order):
    monkeypatch.setattr(images, "LARGEST", 2**24)
    packed = zlib.compress(bytes(30 * 10**6), 1)
    (tmp_path / "test_32x32.mat").write_bytes(
        b"MATLAB 5.0".ljust(124) + mark + struct.pack(f"{order}2I", 15, len(packed)) + packed)
    with pytest.raises(Refusal, match="unpacks to more than 16,777,216 bytes"):
        load("svhn", tmp_path, "test")


def svhn(path, digits, pixels=None, **more):
    pixels = np.zeros((32, 32, 3, len(digits)), np.uint8) if pixels is None else pixels
    savemat(path, {"X": pixels, "y": np.array(digits, np.uint8)[:, None], **more})


def test_svhn_has_ten_for_a_zero_and_images_last(tmp_path):
    folder = tmp_path / "svhn"
    folder.mkdir()
    pixels = np.random.default_rng(4).integers(0, 256, (32, 32, 3, 5), dtype=np.uint8)
    svhn(folder / "train_32x32.mat", [10, 1, 9, 10, 5], pixels)
    svhn(folder / "test_32x32.mat", [3, 10])
    train = load("svhn", tmp_path, "train")
    assert train.labels.tolist() == [0, 1, 9, 0, 5]
    assert (train.images.shape, train.images.dtype) == ((5, 3, 32, 32), np.uint8)
    assert train.images[4, 2, 31, 7] == pixels[31, 7, 2, 4]
    assert len(load("svhn", folder, "test")) == 2


@pytest.mark.parametrize(("write", "said"), [
    (lambda path: None, "no such file; --data-dir names"),
    (lambda path: path.write_bytes(b"<html>"), "not a MATLAB file"),
    (lambda path: path.write_bytes(b""), "not a MATLAB file"),
    (lambda path: svhn(path, [1], np.zeros((32, 32, 3, 2), np.uint8)), "holds no uint8 X"),
    (lambda path: svhn(path, [1], np.zeros((32, 32, 1, 1), np.uint8)), "holds no uint8 X"),
    (lambda path: svhn(path, [1, 2], np.zeros((32, 32, 3, 2))), "holds no uint8 X"),
    (lambda path: savemat(path, {"X": np.zeros((32, 32, 3, 2), np.uint8)}), "holds no uint8 X"),
    (lambda path: svhn(path, [0, 2]), "a label of 0, where 10 stands"),
    (lambda path: svhn(path, [11, 2]), "a label of 11 among classes 0 to 9"),
])
def test_svhn_of_another_form_is_refused(tmp_path, write, said):
    write(tmp_path / "train_32x32.mat")
    with pytest.raises(Refusal, match=said):
        load("svhn", tmp_path, "train")


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
