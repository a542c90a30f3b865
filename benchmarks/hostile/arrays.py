"""Hostile arrays and data sets: images, labels and published files that are damaged or wrong."""

import gzip
import os
import pickle
import struct
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hostile.case import Cases
from benchmarks.hostile.checkpoints import Evil
from benchmarks.hostile.network import example, images, write

PIXELS = 28 * 28


def cases() -> Cases:
    """Arrays given to `model.evaluate`, `sim.run` and a build, and data sets."""
    found = Cases(kind="array")
    _images(found)
    _labels(found)
    return found


def sets() -> Cases:
    """Damaged data sets, given to `model.evaluate`."""
    found = Cases(kind="data set")
    idx, labels = _idx(4), _digits(bytes(4))
    for name, files in {
        "MNIST cut off": {"images": idx[:3000]},
        "MNIST's head cut off": {"images": idx[:5]},
        "MNIST without images": {"images": _idx(0), "labels": _digits(b"")},
        "a label of 255": {"labels": _digits(b"\xff" * 4)},
        "one label too few": {"labels": _digits(bytes(3))},
        "an idx head that claims 2^96 bytes": {"images": struct.pack(">IIII", 0x803, *[2**32 - 1]
                                                                     * 3)},
        "labels where images should be": {"images": labels},
        "an empty file": {"images": b""},
        "a .gz that inflates to 4 GB": {"images.gz": _inflating(4 << 30)},
        "a .gz cut off": {"images.gz": gzip.compress(idx[:16] + os.urandom(4 * PIXELS))[:900]},
        "a .gz that is none": {"images.gz": idx},
    }.items():  # fmt: skip
        found.add(name, "model.evaluate", partial(_mnist, {"images": idx, "labels": labels}, files))
    found.add("good MNIST", "model.evaluate",
              partial(_mnist, {"images": idx, "labels": labels}, {}), taken=True)  # fmt: skip
    found.add("good MNIST in .gz", "model.evaluate", partial(
        _mnist, {"labels": labels}, {"images.gz": gzip.compress(idx)}), taken=True)  # fmt: skip
    for name, raw in {
        "CIFAR-10 cut off": bytes(3072), "CIFAR-10 of no bytes": b"",
        "a CIFAR-10 label of 200": b"\xc8" + bytes(3072),
    }.items():  # fmt: skip
        found.add(name, "model.evaluate", partial(_cifar, raw))
    found.add("a pickled CIFAR-10 batch with code", "model.evaluate",
              partial(_pickled, Evil()))  # fmt: skip
    found.add("a pickled CIFAR-10 batch of a list", "model.evaluate",
              partial(_pickled, [1]))  # fmt: skip
    found.add("no such folder", "model.evaluate", partial(set_words, "mnist", "mnist"))
    return found


def _images(to: Cases) -> None:
    good = images()
    for name, array in {
        "images of five dimensions": good[None], "images of three dimensions": good[0],
        "images of float64": good / 255, "images of bool": good > 3,
        "images of int8": good.astype(np.int8), "images of big-endian int16": good.astype(">u2"),
        "images of another shape": good[:, :, :5], "no images": good[:0], "one number": np.uint8(3),
        "images of text": np.array(["a"]), "images of records": np.zeros(4, [("a", "u1", (1, 6))]),
    }.items():  # fmt: skip
        _saved(to, name, array)
    to.add("images in Fortran's order", "model.evaluate",
           partial(_array, np.asfortranarray(good)), taken=True)  # fmt: skip
    for name, raw in {
        "an .npy of no bytes": b"",
        "an .npy of text": b"no array\n",
        "an .npy of version 9": b"\x93NUMPY\x09\x00" + bytes(100),
        "an .npy header of 2 GB": b"\x93NUMPY\x02\x00" + struct.pack("<I", 0x7FFFFFFF) + b" " * 99,
        "an .npy that is a pickle with code": pickle.dumps(Evil()),
        "an .npy cut off": _header((10**6, 1, 6, 6)) + b"abc",
        "an .npy that claims 360 TB": _header((10**13, 1, 6, 6)),
        "an .npy that claims 2^64 images": _header((2**64, 1, 6, 6)),
        "an .npy of a negative size": _header((-4, 1, 6, 6)) + bytes(144),
        "an .npy of objects": _header((4, 1, 6, 6), "|O") + pickle.dumps(Evil()),
    }.items():
        to.add(name, "model.evaluate", partial(_raw, raw))
        to.add(f"{name}, simulated", "sim.run", partial(_raw, raw))
    to.add("a pipe for images", "model.evaluate", _pipe)
    to.add("a folder for images", "model.evaluate", _folder)
    to.add("a link to itself for images", "model.evaluate", _loop)
    to.add("/dev/zero for images", "model.evaluate", lambda folder: _evaluate(folder, "/dev/zero"))
    to.add("two arrays in an .npz", "model.evaluate", _archive)


def _labels(to: Cases) -> None:
    for name, array in {
        "labels of 99": np.full(4, 99), "labels of -1": np.full(4, -1),
        "labels of 2^64 - 1": np.full(4, 2**64 - 1, np.uint64), "labels of 3 of 3": np.full(4, 3),
        "three labels for four images": np.zeros(3, np.int64), "labels of float": np.zeros(4),
        "labels of two dimensions": np.zeros((4, 1), np.int64), "labels of bool": np.zeros(4, bool),
    }.items():  # fmt: skip
        for command in ("model.evaluate", "sim.run", "hw.build"):
            to.add(f"{name}, to {command}", command, partial(_labelled, command, array))
    to.add("labels of uint8", "model.evaluate",
           partial(_labelled, "model.evaluate", np.zeros(4, np.uint8)), taken=True)  # fmt: skip


def _evaluate(folder: Path, path: str | Path, *more: str) -> list[str]:
    return ["--checkpoint", str(write(folder)), "--images", str(path), *more]


def _saved(to: Cases, name: str, array: Any) -> None:
    to.add(name, "model.evaluate", partial(_array, array))


def _array(array: Any, folder: Path) -> list[str]:
    np.save(folder / "x.npy", array)
    return _evaluate(folder, folder / "x.npy")


def _raw(raw: bytes, folder: Path) -> list[str]:
    (folder / "x.npy").write_bytes(raw)
    return _evaluate(folder, folder / "x.npy")


def _labelled(command: str, labels: np.ndarray, folder: Path) -> list[str]:
    np.save(folder / "y.npy", labels)
    words = [*_array(images(), folder), "--labels", str(folder / "y.npy")]
    if command == "hw.build":
        words += ["--board", "ulx3s", "--stop-after", "verilog", "--out", "out"]
    return words


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "x.npy")
    return _evaluate(folder, folder / "x.npy")


def _folder(folder: Path) -> list[str]:
    (folder / "x.npy").mkdir()
    return _evaluate(folder, folder / "x.npy")


def _loop(folder: Path) -> list[str]:
    (folder / "x.npy").symlink_to("x.npy")
    return _evaluate(folder, folder / "x.npy")


def _archive(folder: Path) -> list[str]:
    np.savez(folder / "x.npz", a=images(), b=images())
    return _evaluate(folder, folder / "x.npz")


def _header(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _idx(count: int) -> bytes:
    return struct.pack(">IIII", 0x803, count, 28, 28) + bytes(count * PIXELS)


def _digits(labels: bytes) -> bytes:
    return struct.pack(">II", 0x801, len(labels)) + labels


def _inflating(size: int) -> bytes:
    made = gzip.compress(bytes(1 << 24), compresslevel=1)
    return made * (size >> 24)


def set_words(name: str, network: str, folder: Path) -> list[str]:
    """Arguments of `model.evaluate` for a shipped network and a data set in ``folder``."""
    return ["--checkpoint", str(example(network, folder)), "--data", name,
            "--data-dir", str(folder / "sets")]  # fmt: skip


def _mnist(good: dict[str, bytes], files: dict[str, bytes], folder: Path) -> list[str]:
    inside = folder / "sets" / "mnist"
    inside.mkdir(parents=True)
    kept = good if "images.gz" not in files else {"labels": good["labels"]}
    names = {"images": "t10k-images-idx3-ubyte", "labels": "t10k-labels-idx1-ubyte",
             "images.gz": "t10k-images-idx3-ubyte.gz"}  # fmt: skip
    for name, raw in {**kept, **files}.items():
        (inside / names[name]).write_bytes(raw)
    return set_words("mnist", "mnist", folder)


def _cifar(raw: bytes, folder: Path) -> list[str]:
    inside = folder / "sets" / "cifar-10-batches-bin"
    inside.mkdir(parents=True)
    (inside / "test_batch.bin").write_bytes(raw)
    return set_words("cifar10", "cifar10", folder)


def _pickled(value: Any, folder: Path) -> list[str]:
    inside = folder / "sets" / "cifar-10-batches-py"
    inside.mkdir(parents=True)
    (inside / "test_batch").write_bytes(pickle.dumps(value))
    return set_words("cifar10", "cifar10", folder)
