"""Arrays in files: images and labels that users give, and the results that commands write."""

import math
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from model import files, zipped
from model.refusal import Refusal

LARGEST = 2**30
"""Most bytes of an array, which is held in memory."""

HEAD = 10_000
"""Most bytes of a header, numpy's own limit; before a plain array it writes 118."""


@files.quiet()
def read(path: Path) -> np.ndarray:
    """Read the array in a ``.npy`` file; pickled objects are refused.

    The size that the header claims is compared with the file's before anything is read.
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
        # A header is a Python expression, at which numpy may raise anything.
        raise Refusal(f"{path}: not a .npy array ({files.reason(error)[:200]}); write it with"
                      " numpy.save") from None


def _check_header(file: IO[bytes], size: int) -> None:
    """Raise ValueError for a header that claims another size than the file has."""
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
    """Read labels from a ``.npy`` file: the class of each of ``count`` images, integers (count,).

    Without ``classes`` their range is not checked; `check_labels` does that.
    """
    labels = read(path)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise Refusal(f"{path}: {labels.dtype} {labels.shape}, expected integers ({count},), one"
                      " label per image")
    if classes is not None:
        check_labels(labels, classes, str(path))
    return labels


def check_labels(labels: np.ndarray, classes: int, where: str) -> None:
    """Refuse labels outside the range of ``classes``; ``where`` is the file for the message."""
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(outside):
        raise Refusal(f"{where}: label {labels[outside[0]]} of image {outside[0]}, and"
                      f" {len(outside)} of {len(labels)} in all, are none of the {classes} classes;"
                      f" they are numbered 0 to {classes - 1}")


def check_folder(path: Path) -> None:
    """Refuse a path for results that cannot be written; called before any work is done.

    Earlier results are replaced, any other file is not.
    """
    files.check_target(path)
    if path.exists() and not zipped.is_results(path):
        raise Refusal(f"{path}: a file lies there that is no archive of results, and would be lost;"
                      " change --out")


def write(path: Path, **arrays: object) -> None:
    """Write an ``.npz`` archive at exactly ``path``, complete or not at all."""
    check_folder(path)
    with files.whole(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
