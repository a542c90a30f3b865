"""Options that name a board and its variant, refused with the known ones."""

import argparse

from boards.catalogue import BOARDS, board, device
from model import options
from model.options import Parser


def add_board(parser: Parser, **given: object) -> None:
    """Add ``--board`` with all known boards in its help; ``given`` is its default, or required."""
    parser.add_argument("--board", type=options.name("--board"), metavar="NAME",
                        help=", ".join(BOARDS), **given)  # type: ignore[arg-type]


def check(given: argparse.Namespace) -> None:
    """Raise `Refusal` for an unknown board, or a variant that it does not have."""
    device(board(given.board), given.variant)
