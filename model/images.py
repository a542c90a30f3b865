"""Labelled images, and what every reader of published files does alike."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from model import files
from model.refusal import Refusal

Split = Literal["train", "test"]

LARGEST = 2**28
"""Bytes of one file of a set at most, unpacked; the largest of those we read has 225 million."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """Labelled images: uint8 (N, channels, height, width) and int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def labelled(images: np.ndarray, labels: np.ndarray, classes: int, folder: Path) -> Images:
    """Images with labels below ``classes``, one at least. Raises `Refusal` for others."""
    if not len(images):
        raise Refusal(f"{folder}: no images; damaged, fetch it again")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise Refusal(f"{folder}: a label of {wrong[0]} among classes 0 to {classes - 1}; damaged,"
                      " fetch it again")
    return Images(images=images, labels=labels.astype(np.int64))


def there(path: Path) -> bool:
    """Whether ``path`` is a file, whatever keeps it from being one."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def content(path: Path, most: int | None = None) -> bytes:
    """The bytes of a file, plain or gzipped beside it as ``.gz``; `Refusal` without one.

    At most ``most`` or `LARGEST` bytes are unpacked, whatever a file of a few of them holds.
    """
    most = LARGEST if most is None else most
    zipped = path.with_name(path.name + ".gz")
    hint = "--data-dir names the folder with the data set's files, or the one above it"
    if there(path) or not there(zipped):
        return files.content(path, most, hint=hint)
    files.size(zipped, most)
    try:
        with gzip.open(zipped) as file:
            # The byte too many also brings its reader to the end, where the check sum is.
            given = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal(f"{zipped}: cannot be read ({files.reason(error)}); fetch it again") from None
    if len(given) > most:
        raise Refusal(f"{zipped}: unpacks to more than the {most:,} bytes that a file of the set"
                      " has at most; damaged, fetch it again")
    return given
