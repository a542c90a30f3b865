"""One's own images: a folder of pictures for each class, or X.npy with its labels Y.npy."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from model import arrays, files
from model.checkpoint import Checkpoint
from model.data import DataSet
from model.images import LARGEST, Images
from model.refusal import Refusal

FORM = ("give a folder with one of pictures for each class, in train/ and test/ or not, or with"
        " X.npy and Y.npy")
"""Advice where a folder has no images."""

MANY = 2**16
"""Most classes of arrays, whose labels are their numbers."""

MOST = 2**32
"""Most bytes of all images together, as the network reads them."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a folder is read.

    Parameters
    ----------
    size : height and width to which pictures are cut and scaled; None: they all have one size.
    grey : pictures have one channel, else three.
    seed, share : of the split where the folder has no train/ and test/: about ``share`` of each
        class are test images. It goes by the pictures' names, so that one more moves no other.
    """

    size: tuple[int, int] | None = None
    grey: bool = False
    seed: int = 1
    share: float = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What is in a folder: a name for each image, labels (N,), classes, and how to read some."""

    folder: Path
    names: Sequence[str]
    labels: np.ndarray
    classes: tuple[str, ...]
    arrays: np.ndarray | None = None

    def images(self, chosen: np.ndarray, how: Reading) -> Images:
        """The images with the numbers ``chosen``."""
        if self.arrays is not None:
            if how.size or how.grey:
                raise Refusal(f"{self.folder / 'X.npy'}: an array is read as it is; leave out"
                              " --size and --grey")
            pixels = self.arrays[chosen]
        else:
            pixels = _pictures([self.folder / self.names[number] for number in chosen], how)
        return Images(images=pixels, labels=self.labels[chosen], classes=self.classes)


def read(folder: Path, how: Reading) -> tuple[Images, Images]:
    """The training images and the test images of a folder.

    Raises
    ------
    Refusal
        For a folder without images, or with classes that have fewer than two; a file that is no
        picture or array; pictures of several sizes without a size to make of them.
    """
    parts = [folder / "train", folder / "test"]
    if all(part.is_dir() for part in parts):
        train, test = (_all(_found(part), how) for part in parts)
        _check_alike(train, test, folder)
        return train, test
    found = _found(folder)
    tests = _split(found, how)
    train, test = (found.images(np.flatnonzero(part), how) for part in (~tests, tests))
    _check_alike(train, test, folder)
    return replace(train, source={"split": {"seed": how.seed, "share": how.share}}), test


def read_test(folder: Path, checkpoint: Checkpoint) -> Images:
    """The test images of a folder as a network reads them: in test/, or split as for its training.

    All of them, where there is no test/ and the network was trained on others.

    Raises
    ------
    Refusal
        As `read` does, or for other classes than the network's.
    """
    channels, height, width = checkpoint.arch["input"]["shape"]
    test = folder / "test"
    found = _found(test if test.is_dir() else folder)
    if found.arrays is None and channels not in (1, 3):
        raise Refusal(f"{folder}: pictures have 1 or 3 channels, and the network reads {channels};"
                      " give X.npy")
    how = Reading() if found.arrays is not None else Reading(
        size=(height, width), grey=channels == 1)
    if list(found.classes) != list(checkpoint.classes):
        raise Refusal(f"{found.folder}: its classes are {_listed(found.classes)}; the network's"
                      f" are {_listed(checkpoint.classes)}")
    split = checkpoint.training.get("split")
    if test.is_dir() or not isinstance(split, dict):
        return _all(found, how)
    how = replace(how, seed=split["seed"], share=split["share"])
    return found.images(np.flatnonzero(_split(found, how)), how)


def described(train: Images) -> DataSet:
    """Shape, classes and statistics of training images, as known sets have them."""
    scaled = [train.images[:, channel].astype(np.float64) / 255
              for channel in range(train.images.shape[1])]
    _, channels, height, width = train.images.shape
    return DataSet(
        folders=(), shape=(channels, height, width), classes=train.classes,
        mean=tuple(round(float(each.mean()), 4) for each in scaled),
        std=tuple(round(float(each.std()), 4) or 1.0 for each in scaled),
        shift=0, flip=False, read=lambda folder, split: train)


def _all(found: Found, how: Reading) -> Images:
    return found.images(np.arange(len(found.labels)), how)


def _found(folder: Path) -> Found:
    """What is in a folder, before any picture is opened."""
    try:
        inside = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as error:
        raise Refusal(f"{folder}: cannot be read ({files.reason(error)}); {FORM}") from None
    if (folder / "X.npy").is_file():
        return _of_arrays(folder)
    classes = [each for each in inside if each.is_dir()]
    if len(classes) < 2:
        raise Refusal(f"{folder}: {len(classes)} folders of pictures, and no X.npy; {FORM}")
    names, labels = [], []
    for number, each in enumerate(classes):
        pictures = sorted(path for path in each.iterdir() if not path.name.startswith("."))
        if not pictures:
            raise Refusal(f"{each}: no pictures; add some, or remove the folder")
        names += [path.relative_to(folder).as_posix() for path in pictures]
        labels += [number] * len(pictures)
    return Found(folder=folder, names=names, labels=np.array(labels, np.int64),
                 classes=tuple(each.name for each in classes))


def _of_arrays(folder: Path) -> Found:
    images = arrays.read(folder / "X.npy")
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise Refusal(f"{folder / 'X.npy'}: {images.dtype} {images.shape}, expected at least one"
                      " image as uint8 (N, channels, height, width)")
    labels = arrays.read_labels(folder / "Y.npy", len(images))
    classes = min(max(int(labels.max()) + 1, 2), MANY)
    arrays.check_labels(labels, classes, str(folder / "Y.npy"))
    return Found(folder=folder, names=[str(number) for number in range(len(images))],
                 labels=labels.astype(np.int64), arrays=images,
                 classes=tuple(str(number) for number in range(classes)))


def _split(found: Found, how: Reading) -> np.ndarray:
    """bool (N,): the test images. Each goes by a hash of its name; a class has at least one."""
    drawn = np.array([_drawn(how.seed, name) for name in found.names])
    tests = drawn < how.share
    for number, name in enumerate(found.classes):
        members = np.flatnonzero(found.labels == number)
        if len(members) < 2:
            raise Refusal(f"{found.folder}: class {name} has {len(members)} images; give at least"
                          " two, one to train and one to test on")
        ordered = members[np.argsort(drawn[members], kind="stable")]
        tests[ordered[0]], tests[ordered[-1]] = True, False
    return tests


def _drawn(seed: int, name: str) -> float:
    """A number in [0, 1) for a name."""
    text = f"{seed} {name}".encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(text).digest()[:6]) / 2**48


def _pictures(paths: Sequence[Path], how: Reading) -> np.ndarray:
    """uint8 (N, channels, height, width) of pictures."""
    first = _picture(paths[0], how)
    shape = (len(paths), *first.shape)
    if np.prod(shape, dtype=object) > MOST:
        raise Refusal(f"{paths[0].parent.parent}: {len(paths):,} pictures of"
                      f" {first.shape[1]} x {first.shape[2]}; all together at most {MOST:,} bytes:"
                      " give a smaller --size")
    pixels = np.empty(shape, np.uint8)
    for number, path in enumerate(paths):
        made = _picture(path, how)
        if made.shape != first.shape:
            raise Refusal(f"{path}: {made.shape[1]} x {made.shape[2]} pixels, and {paths[0]} has"
                          f" {first.shape[1]} x {first.shape[2]}; give --size, such as 32")
        pixels[number] = made
    return pixels


def _picture(path: Path, how: Reading) -> np.ndarray:
    """uint8 (channels, height, width): the middle of a picture, scaled, upright."""
    files.size(path, LARGEST)
    try:
        with files.quiet(), Image.open(path) as opened:
            if opened.mode[:1] in ("I", "F"):
                raise ValueError(f"mode {opened.mode}, more than 8 bits of a channel")
            made = ImageOps.exif_transpose(opened).convert("L" if how.grey else "RGB")
            if how.size:
                made = ImageOps.fit(made, how.size[::-1], Image.Resampling.BILINEAR)
            pixels = np.asarray(made, np.uint8)
    except Exception as error:
        # At the bytes of any other file, a decoder may raise anything.
        raise Refusal(f"{path}: no picture that can be read ({files.reason(error)[:200]}); remove"
                      " it, or write it as PNG") from None
    return pixels[None] if how.grey else pixels.transpose(2, 0, 1)


def _check_alike(train: Images, test: Images, folder: Path) -> None:
    if train.classes != test.classes:
        raise Refusal(f"{folder}: the classes of train/ are {_listed(train.classes)}, those of"
                      f" test/ {_listed(test.classes)}; give both the same")
    if train.images.shape[1:] != test.images.shape[1:]:
        raise Refusal(f"{folder}: images of {train.images.shape[1:]} in train/ and"
                      f" {test.images.shape[1:]} in test/; give --size, such as 32")


def _listed(names: Sequence[str]) -> str:
    """Names for a message: some of them, and how many there are."""
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} ... ({len(names)})"
