"""``python -m hw.check``: in seconds, for which devices a checkpoint can become hardware."""

import argparse
from collections.abc import Sequence

from boards import options as boards
from boards.catalogue import BOARDS
from model import options
from model.command import Command
from model.options import Parser
from model.refusal import Refusal


def _arguments(parser: Parser) -> None:
    parser.add_argument("--checkpoint", required=True, type=options.trained, metavar="net.pt",
                        help="the trained network")
    parser.add_argument("--board", type=options.name("--board"), metavar="NAME",
                        help=f"{', '.join(BOARDS)} (default: every one)")
    parser.add_argument("--variant", type=options.name("--variant"), metavar="SIZE",
                        help="of the board's device, such as 85F (default: every one)")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.board:
        boards.check(given)
    elif given.variant:
        raise Refusal(f"--variant {given.variant}: of which board? give --board as well")


COMMAND = Command(
    module="hw.check", document=__doc__, arguments=_arguments, check=_check,
    examples=("--checkpoint net.pt", "--checkpoint net.pt --board ulx3s --variant 12F"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the check as the arguments say; 0 if a device can be built for, 2 if none can."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
