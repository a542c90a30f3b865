"""Options that name images: the test images of a data set, or a file, with their labels."""

import argparse

from model import options
from model.data import SETS, check_folder
from model.options import File, Parser


def add_options(parser: Parser, *, required: bool) -> None:
    """Add the options that `model.labelled.read` reads."""
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument("--data", choices=list(SETS), help="the test images of this set")
    source.add_argument("--images", type=File("--images"), metavar="X.npy",
                        help="images, uint8 (N, C, H, W)")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="where the set's files are")
    parser.add_argument("--labels", type=File("--labels"), metavar="Y.npy",
                        help="their classes, integers (N,)")


def check_options(parser: Parser, given: argparse.Namespace) -> None:
    """Refuse options of which one lacks another, or that say the same twice."""
    if given.data and (given.labels or not given.data_dir):
        parser.error(f"--data {given.data} brings its labels, and needs --data-dir DIR")
    if given.labels and not given.images:
        parser.error("--labels: there are no images; give --images X.npy with it")
    if given.data:
        check_folder(given.data_dir)
