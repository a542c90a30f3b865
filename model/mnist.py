"""Reader of the idx files of MNIST, and of data sets with the same layout."""

import math
import struct
from pathlib import Path

import numpy as np

from model.images import Images, Split, content, labelled
from model.refusal import Refusal

CLASSES = 10


def read(folder: Path, split: Split) -> Images:
    """Read a split in MNIST's layout: an idx3 file of 28x28 images and an idx1 file of labels."""
    stem = "train" if split == "train" else "t10k"
    images = read_idx(folder / f"{stem}-images-idx3-ubyte", 3)
    labels = read_idx(folder / f"{stem}-labels-idx1-ubyte", 1)
    if images.shape[1:] != (28, 28):
        raise Refusal(f"{folder}: images of {images.shape[1:]} pixels, expected (28, 28)")
    if len(images) != len(labels):
        raise Refusal(f"{folder}: {len(images)} images and {len(labels)} labels for {split};"
                      " the files do not belong together")
    return labelled(images[:, None], labels, CLASSES, folder)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an idx file of unsigned bytes, or its gzipped version ``.gz``, as a uint8 array."""
    given = content(path)
    if given[:4] != bytes([0, 0, 8, dimensions]):
        raise Refusal(f"{path}: not an idx file of unsigned bytes in {dimensions} dimensions"
                      f" (begins with {given[:4].hex() or 'nothing'}); fetch it again")
    head = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", given[4:head].ljust(head - 4, b"\0"))
    if len(given) - head != math.prod(shape):
        raise Refusal(f"{path}: {max(0, len(given) - head)} bytes for a shape of {shape};"
                      " damaged, fetch it again")
    if 0 in shape:
        raise Refusal(f"{path}: a shape of {shape}, nothing at all; fetch it again")
    return np.frombuffer(given, np.uint8, offset=head).reshape(shape).copy()
