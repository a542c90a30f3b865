"""Labelled images, and functions that all readers of published files share."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from model import files
from model.refusal import Refusal

Split = Literal["train", "test"]

HINT = "--data-dir names the folder with the data set's files, or the one above it"
"""Advice where a file of a data set is missing."""

LARGEST = 2**28
"""Most bytes of one file of a data set, unpacked; the largest published one has 225 million."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """Labelled images: uint8 (N, channels, height, width) and int64 (N,).

    One's own have the names of their ``classes``, and a ``source`` that a checkpoint keeps of them.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)


def labelled(images: np.ndarray, labels: np.ndarray, classes: int, folder: Path) -> Images:
    """Check images and labels: at least one, and labels below ``classes``; else `Refusal`."""
    if not len(images):
        raise Refusal(f"{folder}: no images; damaged, fetch it again")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise Refusal(f"{folder}: a label of {wrong[0]} among classes 0 to {classes - 1}; damaged,"
                      " fetch it again")
    return Images(images=images, labels=labels.astype(np.int64))


def there(path: Path) -> bool:
    """True if ``path`` is a file; False also where the system cannot tell."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def content(path: Path, most: int | None = None) -> bytes:
    """Content of a file, or of the gzipped one beside it with the suffix ``.gz``.

    At most ``most`` or `LARGEST` bytes are unpacked. `Refusal` if there is neither.
    """
    most = LARGEST if most is None else most
    zipped = path.with_name(path.name + ".gz")
    if there(path) or not there(zipped):
        return files.content(path, most, hint=HINT)
    files.size(zipped, most)
    try:
        with gzip.open(zipped) as file:
            # With one byte more the reader comes to the end, and verifies the check sum there.
            given = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal(f"{zipped}: cannot be read ({files.reason(error)}); fetch it again") from None
    if len(given) > most:
        raise Refusal(f"{zipped}: unpacks to more than the {most:,} bytes that a file of the set"
                      " has at most; damaged, fetch it again")
    return given
