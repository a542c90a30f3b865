"""Labelled images, and what every reader of published files does alike."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from model.refusal import Refusal

Split = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class Images:
    """Labelled images: uint8 (N, channels, height, width) and int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def labelled(images: np.ndarray, labels: np.ndarray, classes: int, folder: Path) -> Images:
    """Images with labels below ``classes``. Raises `Refusal` for a label that is not."""
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise Refusal(f"{folder}: a label of {wrong[0]} among classes 0 to {classes - 1}; damaged,"
                      " fetch it again")
    return Images(images=images, labels=labels.astype(np.int64))


def content(path: Path) -> bytes:
    """The bytes of a file, plain or gzipped beside it as ``.gz``; `Refusal` without one."""
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
