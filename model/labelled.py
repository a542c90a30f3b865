"""Images that a command is given, with their labels: a data set's test images, or files."""

import argparse
from dataclasses import dataclass

import numpy as np

from model import arrays, options
from model.checkpoint import Checkpoint
from model.data import SETS, load
from model.evaluation import check_images
from model.options import Parser


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """uint8 ``images`` (N, C, H, W), integer ``labels`` (N,) if there are any, and their source.

    ``source`` says in a checkpoint's metrics which images these are: ``data``, and ``split``.
    """

    images: np.ndarray
    labels: np.ndarray | None
    source: dict[str, str]


def add_options(parser: Parser, *, required: bool) -> None:
    """Add the options that `read` reads."""
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument("--data", choices=list(SETS), help="the test images of this set")
    source.add_argument("--images", type=options.path("--images"), metavar="X.npy",
                        help="uint8 (N, C, H, W)")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="where the set's files are")
    parser.add_argument("--labels", type=options.path("--labels"), metavar="Y.npy",
                        help="integers (N,)")


def check_options(parser: Parser, given: argparse.Namespace) -> None:
    """Refuse options of which one lacks another, or that say the same twice."""
    if given.data and (given.labels or not given.data_dir):
        parser.error(f"--data {given.data} brings its labels, and needs --data-dir DIR")
    if given.labels and not given.images:
        parser.error("--labels: there are no images; give --images X.npy with it")


def read(given: argparse.Namespace, checkpoint: Checkpoint) -> Labelled:
    """The images that the options name, for this network.

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
