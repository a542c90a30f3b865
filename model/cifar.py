"""Readers of CIFAR-10 and CIFAR-100, in their binary versions and those for Python."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model.files import quiet
from model.images import Images, Split, content, labelled, there
from model.refusal import Refusal

PIXELS = 3 * 32 * 32

RECORDS = 50_000
"""Most images in one file: CIFAR-100 has all training images in one."""

BATCHES = [f"data_batch_{number}" for number in range(1, 6)]


def read10(folder: Path, split: Split) -> Images:
    """Read CIFAR-10: five training batches and one of test images, ``.bin`` or pickled."""
    names = BATCHES if split == "train" else ["test_batch"]
    return _read(folder, names, heads=1, key=b"labels", classes=10)


def read100(folder: Path, split: Split) -> Images:
    """Read CIFAR-100 with its 100 fine labels: ``train`` and ``test``, ``.bin`` or pickled."""
    return _read(folder, [split], heads=2, key=b"fine_labels", classes=100)


def _read(folder: Path, names: list[str], *, heads: int, key: bytes, classes: int) -> Images:
    """Read the images of several files, pickled or binary.

    In a binary record there are ``heads`` label bytes before the pixels, of which the last is used;
    ``key`` is that of the labels in a pickle.
    """
    if all(there(folder / name) for name in names):
        batches = [_pickled(folder / name, key) for name in names]
    else:
        batches = [_records(folder / f"{name}.bin", heads) for name in names]
    pixels, labels = (np.concatenate(each) for each in zip(*batches, strict=True))
    return labelled(pixels.reshape(-1, 3, 32, 32), labels, classes, folder)


def _records(path: Path, heads: int) -> tuple[np.ndarray, np.ndarray]:
    size = heads + PIXELS
    given = content(path, RECORDS * size)
    if not given or len(given) % size:
        raise Refusal(f"{path}: {len(given)} bytes are no whole number of {size}-byte records;"
                      " damaged, fetch it again")
    records = np.frombuffer(given, np.uint8).reshape(-1, size)
    return records[:, heads:], records[:, heads - 1]


@quiet()
def _pickled(path: Path, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    try:
        found = _Unpickler(io.BytesIO(content(path)), encoding="bytes").load()
    except Refusal:
        raise
    except Exception:
        # At the bytes of any other file, pickle may raise anything.
        raise Refusal(f"{path}: not a pickled batch of CIFAR, or one that holds more than arrays"
                      " and lists; nothing in it was run; fetch it again") from None
    pixels, labels = (found.get(each) if isinstance(found, dict) else None
                      for each in (b"data", key))
    if pixels is None or not _is_batch(pixels, labels):
        raise Refusal(f"{path}: holds no uint8 (N, {PIXELS}) as 'data' with as many"
                      f" {key.decode()!r}; give the files of the set that --data names")
    return pixels, np.array(labels)


def _is_batch(pixels: Any, labels: Any) -> bool:
    return (isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.ndim == 2
            and pixels.shape[1] == PIXELS and isinstance(labels, list)
            and len(labels) == len(pixels) and all(type(label) is int for label in labels))


class _Unpickler(pickle._Unpickler):
    """An unpickler of built-in types and arrays of numbers; any other name in a pickle is refused.

    It is Python's own, whose memo grows with its entries: that in C allocates as many entries as a
    four-byte number in the file says, up to 32 GiB. Steps are counted where it reads.
    """

    steps = 2_000_000

    @property
    def read(self) -> Callable[[int], bytes]:
        return self._counted

    @read.setter
    def read(self, plain: Callable[[int], bytes]) -> None:
        self._plain = plain

    def _counted(self, size: int) -> bytes:
        self.steps -= 1
        if self.steps < 0:
            raise pickle.UnpicklingError("more steps than any batch needs")
        return self._plain(size)

    def find_class(self, module: str, name: str) -> Any:
        makers = {"_reconstruct": _reconstruct, "ndarray": _ARRAY, "dtype": _plain_dtype}
        if module.split(".")[0] != "numpy" or name not in makers:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return makers[name]


_ARRAY = object()
"""Stand-in for numpy's array class, which a pickle names but does not call."""


def _reconstruct(kind: object, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    """An empty array, which is then filled from its state, as by numpy's function of this name."""
    if kind is not _ARRAY or tuple(shape) != (0,):
        raise pickle.UnpicklingError("an array that begins with content")
    return np.empty(0, _plain_dtype(code))


def _plain_dtype(code: Any, *_: Any) -> np.dtype:
    type_: np.dtype = np.dtype(code.decode() if isinstance(code, bytes) else code)
    if type_.kind not in "buif":
        raise pickle.UnpicklingError(f"an array of {type_}")
    return type_
