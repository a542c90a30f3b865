"""Image sets read from the files their authors publish: MNIST, Fashion-MNIST, CIFAR-10."""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from model.refusal import Refusal

Split = Literal["train", "test"]

DIGITS = tuple("0123456789")
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat",
           "sandal", "shirt", "sneaker", "bag", "ankle boot")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True, kw_only=True)
class Images:
    """Labelled images: uint8 (N, channels, height, width) and int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A published set: its folder, classes, statistics of p/255, and usual augmentation.

    Parameters
    ----------
    read : from a folder and a split to `Images`.
    shift : pixels a training image may move each way.
    flip : whether its mirror image is the same thing.
    """

    folder: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shift: int
    flip: bool
    read: Callable[[Path, Split], Images]


def load(name: str, data_dir: str | os.PathLike[str], split: Split) -> Images:
    """Read one split of the set ``name`` from ``data_dir/<folder of the set>`` or ``data_dir``.

    Raises
    ------
    Refusal
        For an unknown set, or a file that is missing, damaged or of another set.
    """
    if name not in SETS:
        raise Refusal(f"no data set is called {name!r}; choose from {', '.join(SETS)}")
    chosen, given = SETS[name], Path(data_dir)
    folder = given / chosen.folder
    return chosen.read(folder if folder.is_dir() else given, split)


def read_idx_pair(folder: Path, split: Split) -> Images:
    """MNIST's layout: an idx3 file of 28x28 images and an idx1 file of labels."""
    stem = "train" if split == "train" else "t10k"
    images = read_idx(folder / f"{stem}-images-idx3-ubyte", 3)
    labels = read_idx(folder / f"{stem}-labels-idx1-ubyte", 1)
    if images.shape[1:] != (28, 28):
        raise Refusal(f"{folder}: images of {images.shape[1:]} pixels, expected (28, 28)")
    if len(images) != len(labels):
        raise Refusal(f"{folder}: {len(images)} images and {len(labels)} labels for {split};"
                      " the files do not belong together")
    return _labelled(images[:, None], labels, folder)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """An idx file of unsigned bytes, plain or gzipped beside it as ``.gz``; uint8 array."""
    content = _content(path)
    if content[:4] != bytes([0, 0, 8, dimensions]):
        raise Refusal(f"{path}: not an idx file of unsigned bytes in {dimensions} dimensions"
                      f" (begins with {content[:4].hex() or 'nothing'}); fetch it again")
    head = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", content[4:head].ljust(head - 4, b"\0"))
    if len(content) - head != math.prod(shape):
        raise Refusal(f"{path}: {max(0, len(content) - head)} bytes for a shape of {shape};"
                      " damaged, fetch it again")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape).copy()


def read_cifar10(folder: Path, split: Split) -> Images:
    """CIFAR-10's binary version: records of one label byte and 3x32x32 pixel bytes."""
    names = [f"data_batch_{n}.bin" for n in range(1, 6)] if split == "train" else ["test_batch.bin"]
    records = np.concatenate([_cifar_records(folder / name) for name in names])
    return _labelled(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0], folder)


def _cifar_records(path: Path) -> np.ndarray:
    content, size = _content(path), 1 + 3 * 32 * 32
    if not content or len(content) % size:
        raise Refusal(f"{path}: {len(content)} bytes are no whole number of {size}-byte records;"
                      " damaged, fetch it again")
    return np.frombuffer(content, np.uint8).reshape(-1, size)


def _content(path: Path) -> bytes:
    zipped = path.with_name(path.name + ".gz")
    try:
        if not path.exists() and zipped.exists():
            return gzip.decompress(zipped.read_bytes())
        return path.read_bytes()
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file; --data-dir names the folder with the data set's"
                      " files, or the one above it") from None
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal(f"{path}: cannot be read ({error}); fetch it again") from None


def _labelled(images: np.ndarray, labels: np.ndarray, folder: Path) -> Images:
    if labels.size and labels.max() > 9:
        raise Refusal(f"{folder}: a label of {labels.max()} among classes 0 to 9; damaged,"
                      " fetch it again")
    return Images(images=images, labels=labels.astype(np.int64))


SETS = {
    "mnist": DataSet(
        folder="mnist", shape=(1, 28, 28), classes=DIGITS, read=read_idx_pair,
        mean=(0.1307,), std=(0.3081,), shift=2, flip=False),
    "fashion-mnist": DataSet(
        folder="fashion-mnist", shape=(1, 28, 28), classes=CLOTHES, read=read_idx_pair,
        mean=(0.2860,), std=(0.3530,), shift=2, flip=True),
    "cifar10": DataSet(
        folder="cifar-10-batches-bin", shape=(3, 32, 32), classes=OBJECTS, read=read_cifar10,
        mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616), shift=4, flip=True),
}
