"""Arrays in files: images, labels and scores as people hand them in and take them away."""

import os
import zipfile
from pathlib import Path

import numpy as np

from model.refusal import Refusal

PARTIAL = ".partial"
"""Ends the name of a file that is being written."""


def read(path: Path) -> np.ndarray:
    """The one array in a ``.npy`` file; pickled objects in it are refused."""
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        line = (str(error) or "empty").splitlines()[0]
        raise Refusal(f"{path}: not a .npy array ({line}); write it with numpy.save") from None
    if not isinstance(array, np.ndarray):
        raise Refusal(f"{path}: an archive of several arrays; give one .npy array")
    return array


def read_labels(path: Path, count: int) -> np.ndarray:
    """Integers (count,) from a ``.npy`` file: the class of each of ``count`` images."""
    labels = read(path)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise Refusal(f"{path}: {labels.dtype} {labels.shape}, expected integers ({count},), one"
                      " label per image")
    return labels


def check_folder(path: Path) -> None:
    """Refuse, before any work is done, a file that could not be written: it is tried."""
    if not os.path.isdir(path.absolute().parent):
        raise Refusal(f"{path}: there is no folder {path.parent}; change --out")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise Refusal(f"{path}: a folder, or no usual file; give --out a file")
    partial = path.with_name(path.name + PARTIAL)
    try:
        partial.open("ab").close()
        partial.unlink()
    except OSError as error:
        raise Refusal(f"{path}: cannot be written ({error.strerror}); change --out") from None


def write(path: Path, **arrays: object) -> None:
    """An ``.npz`` archive at exactly ``path``, whole or not at all."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Refusal(f"{path}: cannot be written ({error.strerror}); change --out") from None
