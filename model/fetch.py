"""``python -m model.fetch``: fetches a data set from where it is published, and checks it."""

import argparse
from collections.abc import Sequence

from model import options
from model.command import Command
from model.options import Parser
from model.published import PUBLISHED
from model.refusal import Refusal


def _arguments(parser: Parser) -> None:
    parser.add_argument("set", choices=tuple(PUBLISHED), help="the data set")
    parser.add_argument("--data-dir", required=True, type=options.path("--data-dir"),
                        metavar="DIR", help="where the set's folder is made")
    parser.add_argument("--mirror", type=options.name("--mirror"), metavar="URL",
                        help="the folder on a server that has the published files (default: the one"
                        " of docs/training.md)")
    parser.add_argument("--overwrite", action="store_true",
                        help="fetch it although it is there already")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.mirror and not given.mirror.startswith(("http://", "https://")):
        raise Refusal(f"--mirror {given.mirror}: give an address that begins with http:// or"
                      " https://")


COMMAND = Command(
    module="model.fetch", document=__doc__, arguments=_arguments, check=_check,
    examples=("mnist --data-dir DIR", "cifar10 --data-dir DIR"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch as the arguments say; 0 if done, 1 if it could not be had, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
