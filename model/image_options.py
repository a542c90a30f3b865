"""Options that name images: the test images of a data set, or a file, with their labels."""

import argparse

from model import options
from model.data import SETS, check
from model.options import File, Parser
from model.refusal import Refusal

images = File("--images", folder=True)
"""Type of the option --images where a checkpoint says how pictures are read."""


def add_options(parser: Parser, *, required: bool) -> None:
    """Add the options that `model.labelled.read` reads."""
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument("--data", type=options.name("--data"), metavar="SET",
                        help=f"the test images of {', '.join(SETS)}, or of a folder of your own"
                        " images, as model.train takes it")
    source.add_argument("--images", type=images, metavar="X.npy",
                        help="images, uint8 (N, C, H, W), or a folder of your own")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="where the set's files are")
    parser.add_argument("--labels", type=File("--labels"), metavar="Y.npy",
                        help="their classes, integers (N,)")


def check_options(parser: Parser, given: argparse.Namespace) -> None:
    """Refuse options of which one lacks another, or that say the same twice."""
    if given.data in SETS and (given.labels or not given.data_dir):
        parser.error(f"--data {given.data} brings its labels, and needs --data-dir DIR")
    if given.data and given.labels:
        parser.error(f"--data {given.data} brings its labels; leave out --labels")
    if given.labels and not given.images:
        parser.error("--labels: there are no images; give --images X.npy with it")
    if given.data:
        check(given.data, given.data_dir)
    check_labels(given)


def check_labels(given: argparse.Namespace) -> None:
    """Refuse labels for a folder of images, which has its own."""
    if given.labels and given.images and given.images.is_dir():
        raise Refusal(f"--labels {given.labels}: {given.images} has its own; leave them out")
