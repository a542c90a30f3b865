"""``python -m model.plot``: the paper's figures of training runs, as PNG or SVG files."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from model import files, options
from model.command import Command
from model.logs import HINT, LOG, checkpoint_of, log_of
from model.options import Parser


def _arguments(parser: Parser) -> None:
    parser.add_argument("runs", nargs="+", type=options.path("RUN"), metavar="RUN",
                        help="net.pt, whose log lies beside it, or the log of a run that goes on")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="where the sets' files are: draws the histograms of test images too"
                        " (default: none)")
    parser.add_argument("--out", type=options.out, default=Path(), metavar="DIR",
                        help="the folder to write to (default: here)")
    parser.add_argument("--format", choices=["png", "svg"], default="png",
                        help="of the pictures")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    for path in given.runs:
        files.size(log_of(checkpoint_of(path)), LOG, hint=HINT)


COMMAND = Command(
    module="model.plot", document=__doc__, arguments=_arguments, check=_check,
    examples=("net.pt", "bnn.pt bnn-dl.pt --data-dir DIR --out figures --format svg"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw as the arguments say; 0 if done, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
