"""Images that a command is given, with their labels: a data set's test images, or files."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model import arrays, pictures
from model.checkpoint import Checkpoint
from model.data import SETS, load
from model.evaluation import check_images


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """uint8 ``images`` (N, C, H, W), integer ``labels`` (N,) if there are any, and their source.

    ``source`` says in a checkpoint's metrics which images these are: ``data``, and ``split``.
    """

    images: np.ndarray
    labels: np.ndarray | None
    source: dict[str, str]


def read(given: argparse.Namespace, checkpoint: Checkpoint) -> Labelled:
    """The images that the options of `model.image_options` name, for this network.

    Raises
    ------
    Refusal
        For images that the network cannot read, or labels that are none of its classes.
    """
    classes = len(checkpoint.classes)
    if given.data in SETS:
        test, where = load(given.data, given.data_dir, "test"), f"--data {given.data}"
        check_images(test.images, checkpoint, where)
        arrays.check_labels(test.labels, classes, where)
        return Labelled(images=test.images, labels=test.labels,
                        source={"data": given.data, "split": "test"})
    path = Path(given.data) if given.data else given.images
    images, labels = read_files(path, given.labels, checkpoint)
    return Labelled(images=images, labels=labels, source={"data": path.name})


def read_files(
    path: Path, labels: Path | None, checkpoint: Checkpoint
) -> tuple[np.ndarray, np.ndarray | None]:
    """Images, uint8 (N, C, H, W), and their labels (N,), if there are any.

    ``path`` is an array in a file, or a folder of one's own images, which has labels. Raises
    `Refusal` as `read` does.
    """
    if path.is_dir():
        found = pictures.read_test(path, checkpoint)
        check_images(found.images, checkpoint, str(path))
        return found.images, found.labels
    images = arrays.read(path)
    check_images(images, checkpoint, str(path))
    classes = len(checkpoint.classes)
    return images, None if labels is None else arrays.read_labels(labels, len(images), classes)
