"""Images that a command is given, with their labels: a data set's test images, or files."""

import argparse
from dataclasses import dataclass

import numpy as np

from model import arrays
from model.checkpoint import Checkpoint
from model.data import load
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
    if given.data:
        test, where = load(given.data, given.data_dir, "test"), f"--data {given.data}"
        check_images(test.images, checkpoint, where)
        arrays.check_labels(test.labels, classes, where)
        return Labelled(images=test.images, labels=test.labels,
                        source={"data": given.data, "split": "test"})
    images = arrays.read(given.images)
    check_images(images, checkpoint, str(given.images))
    labels = None if given.labels is None else arrays.read_labels(
        given.labels, len(images), classes)
    return Labelled(images=images, labels=labels, source={"data": given.images.name})
