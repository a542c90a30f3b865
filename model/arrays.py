"""Arrays in files: images, labels and scores as people hand them in and take them away."""

import math
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from model import files, zipped
from model.refusal import Refusal

LARGEST = 2**30
"""Bytes of an array at most: it is held in memory."""

HEAD = 10_000
"""Bytes of a header at most, as numpy has it; it writes 118 before a plain array."""


@files.quiet()
def read(path: Path) -> np.ndarray:
    """The one array in a ``.npy`` file; pickled objects in it are refused.

    What its header claims must be what the file holds, before any of it is read.
    """
    size = files.size(path, LARGEST)
    try:
        with open(path, "rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise Refusal(f"{path}: an archive of several arrays; give one .npy array")
            file.seek(0)
            _check_header(file, size)
            file.seek(0)
            return npy.read_array(file, allow_pickle=False)
    except Refusal:
        raise
    except Exception as error:
        # A header is an expression of Python's, over which numpy may stumble in any way.
        raise Refusal(f"{path}: not a .npy array ({files.reason(error)[:200]}); write it with"
                      " numpy.save") from None


def _check_header(file: IO[bytes], size: int) -> None:
    """Raises ValueError for a header that claims what the file does not hold."""
    version = npy.read_magic(file) if size else None
    if version is None:
        raise ValueError("empty")
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version[0]}.{version[1]}, of which only 1.0 and 2.0 are read")
    wide = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(wide), "little")
    if length > min(HEAD, size - file.tell()):
        raise ValueError(f"a header of {length:,} bytes")
    file.seek(-wide, 1)
    read_header = npy.read_array_header_1_0 if wide == 2 else npy.read_array_header_2_0
    shape, _, dtype = read_header(file, max_header_size=HEAD)
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded")
    if min(shape, default=0) < 0:
        raise ValueError(f"a negative size in the shape {shape}")
    claimed, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if claimed != there:
        raise ValueError(f"its shape claims {claimed:,} bytes, {there:,} are there")


def read_labels(path: Path, count: int, classes: int | None = None) -> np.ndarray:
    """Integers (count,) from a ``.npy`` file: the class of each of ``count`` images.

    Those of a network whose ``classes`` are not known yet go through `check_labels` later.
    """
    labels = read(path)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise Refusal(f"{path}: {labels.dtype} {labels.shape}, expected integers ({count},), one"
                      " label per image")
    if classes is not None:
        check_labels(labels, classes, str(path))
    return labels


def check_labels(labels: np.ndarray, classes: int, where: str) -> None:
    """Refuse a label that is none of the ``classes``; ``where`` is the file the message names."""
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(outside):
        raise Refusal(f"{where}: label {labels[outside[0]]} of image {outside[0]}, and"
                      f" {len(outside)} of {len(labels)} in all, are none of the {classes} classes;"
                      f" they are numbered 0 to {classes - 1}")


def check_folder(path: Path) -> None:
    """Refuse, before any work is done, results to be written where no file can be.

    Earlier results are replaced, a file of anything else is not.
    """
    files.check_target(path)
    if path.exists() and not zipped.is_results(path):
        raise Refusal(f"{path}: a file lies there that is no archive of results, and would be lost;"
                      " change --out")


def write(path: Path, **arrays: object) -> None:
    """An ``.npz`` archive at exactly ``path``, whole or not at all."""
    check_folder(path)
    with files.whole(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
