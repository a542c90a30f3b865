"""Small inputs under the names that documents use: data sets, pictures, networks, images."""

import re
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from documents_pages import ROOT
from PIL import Image

from hw import build
from model import train

SHAPES = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
TRAINED, TESTED = 40, 16
"""Images of the data sets."""


def put(folder: Path, text: str) -> None:
    """Put all that a text of commands names, but for what it makes itself, into a folder, in which
    the process is."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    known = "cifar10" if "cifar10" in text else "mnist"
    for name in ("D", "DIR", "DATA"):
        _sets(folder / name)
    _pictures(folder / "PICTURES")
    for name, content in _trained("cifar10" if "quantise" in text else known,
                                  "resnet20" if "quantise" in text else "small").items():
        for own in (name, name.replace("net.", "digits.")):
            (folder / own).write_bytes(content)
    for out in sorted(set(re.findall(r"program (build\S*)", text))):
        words = f"--checkpoint net.pt --board icebreaker --out {out} --simulate 0".split()
        assert build.main(words) == 0
    images, labels = drawn(SHAPES[known], 4, seed=2)
    np.save(folder / "X.npy", images)
    np.save(folder / "Y.npy", labels)


@cache
def drawn(shape: tuple[int, int, int], count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of noise with a bright row, which tells the class, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = random.integers(0, 90, (count, *shape), dtype=np.uint8)
    images[np.arange(count), :, 4 + 2 * labels] = 250
    return images, labels


def _sets(folder: Path) -> None:
    mnist, cifar = folder / "mnist", folder / "cifar-10-batches-bin"
    mnist.mkdir(parents=True)
    cifar.mkdir()
    for stem, count in (("train", TRAINED), ("t10k", TESTED)):
        images, labels = drawn(SHAPES["mnist"], count, seed=0)
        _idx(mnist / f"{stem}-images-idx3-ubyte", images[:, 0])
        _idx(mnist / f"{stem}-labels-idx1-ubyte", labels.astype(np.uint8))
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        count = TESTED if name == "test_batch" else TRAINED // 5
        images, labels = drawn(SHAPES["cifar10"], count, seed=1)
        records = np.concatenate([labels[:, None].astype(np.uint8), images.reshape(count, -1)], 1)
        (cifar / f"{name}.bin").write_bytes(records.tobytes())


def _idx(path: Path, array: np.ndarray) -> None:
    sizes = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def _pictures(folder: Path) -> None:
    images, labels = drawn(SHAPES["cifar10"], 40, seed=3)
    for number, (image, label) in enumerate(zip(images, labels % 2, strict=True)):
        path = folder / ("cats", "dogs")[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(path)


@cache
def _trained(known: str, arch: str) -> dict[str, bytes]:
    """The files of a network of four channels, trained on a small set for an epoch."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _sets(folder / "D")
        words = f"--method bnn --arch {arch} --width 4 --data {known} --epochs 1 --no-quantise"
        assert train.main([*words.split(), "--data-dir", str(folder / "D"),
                           "--out", str(folder / "net.pt")]) == 0
        return {path.name: path.read_bytes() for path in folder.glob("net.*")}
