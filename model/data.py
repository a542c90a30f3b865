"""The known data sets: folders of their published files, classes and statistics."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model import cifar, mnist, svhn
from model.files import reason
from model.images import HINT, Images, Split
from model.refusal import Refusal

__all__ = ["SETS", "SPLITS", "DataSet", "Images", "Split", "load"]

SPLITS: tuple[Split, ...] = ("train", "test")

DIGITS = tuple("0123456789")
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat",
           "sandal", "shirt", "sneaker", "bag", "ankle boot")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "truck")
FINE = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
    "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
    "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
    "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
    "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower",
    "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear",
    "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit",
    "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower",
    "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train",
    "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
)


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A published data set: its folder, classes, statistics of p/255, and usual augmentation.

    Parameters
    ----------
    folders : folders that the published archives unpack to, of which the first one found is read.
    read : reader, from a folder and a split to `Images`.
    shift : most pixels that a training image is moved in each direction.
    flip : True if a mirror image has the same class.
    """

    folders: tuple[str, ...]
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shift: int
    flip: bool
    read: Callable[[Path, Split], Images]


def load(name: str, data_dir: str | os.PathLike[str], split: Split) -> Images:
    """Read one split of the set ``name`` from ``data_dir/<a folder of the set>`` or ``data_dir``.

    Raises
    ------
    Refusal
        For an unknown set, or a file that is missing, damaged or of another set.
    """
    if name not in SETS:
        raise Refusal(f"no data set is called {name!r}; choose from {', '.join(SETS)}")
    chosen, given = SETS[name], Path(data_dir)
    try:
        folders = [given / name for name in chosen.folders if (given / name).is_dir()]
    except (OSError, ValueError) as error:
        raise Refusal(f"{given}: cannot be read ({reason(error)}); change --data-dir") from None
    return chosen.read(folders[0] if folders else given, split)


def check(name: str, data_dir: Path | None) -> None:
    """Raise `Refusal` unless ``name`` is a known set with a folder, or a folder of one's own.

    ``name`` and ``data_dir`` are what is given as --data and --data-dir.
    """
    if name in SETS:
        if data_dir is None:
            raise Refusal(f"--data {name}: where are its files? give --data-dir DIR as well")
        check_folder(data_dir)
        return
    if not os.path.isdir(name):
        raise Refusal(f"--data {name}: no such folder, and no data set; give a folder of your own"
                      f" images, or choose from {', '.join(SETS)}")
    if data_dir is not None:
        raise Refusal(f"--data {name}: a folder of your own images; leave out --data-dir")


def check_folder(path: Path) -> None:
    """Raise `Refusal` if there is no folder at the path that is given as --data-dir."""
    try:
        there = path.is_dir()
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read ({reason(error)}); change --data-dir") from None
    if not there:
        raise Refusal(f"{path}: no such folder; {HINT}")


SETS = {
    "mnist": DataSet(
        folders=("mnist",), shape=(1, 28, 28), classes=DIGITS, read=mnist.read,
        mean=(0.1307,), std=(0.3081,), shift=2, flip=False),
    "fashion-mnist": DataSet(
        folders=("fashion-mnist",), shape=(1, 28, 28), classes=CLOTHES, read=mnist.read,
        mean=(0.2860,), std=(0.3530,), shift=2, flip=True),
    "cifar10": DataSet(
        folders=("cifar-10-batches-bin", "cifar-10-batches-py"), shape=(3, 32, 32),
        classes=OBJECTS, read=cifar.read10,
        mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616), shift=4, flip=True),
    "cifar100": DataSet(
        folders=("cifar-100-binary", "cifar-100-python"), shape=(3, 32, 32),
        classes=FINE, read=cifar.read100,
        mean=(0.5071, 0.4865, 0.4409), std=(0.2673, 0.2564, 0.2762), shift=4, flip=True),
    "svhn": DataSet(
        folders=("svhn",), shape=(3, 32, 32), classes=DIGITS, read=svhn.read,
        mean=(0.4377, 0.4438, 0.4728), std=(0.1980, 0.2010, 0.1970), shift=0, flip=False),
}
