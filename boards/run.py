"""``python -m boards.run``: images to a board over its serial port, classes and scores back."""

import argparse
from collections.abc import Sequence

from boards import SIMULATED
from boards import options as boards
from boards.options import add_board
from model import arrays, options
from model.command import Command
from model.options import File, Parser


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("--port", required=True, type=options.name("--port"), metavar="PORT",
        help="such as /dev/ttyUSB0; sim simulates the board of the checkpoint")
    add("--images", required=True, type=File("--images"), metavar="X.npy",
        help="images to classify, uint8 (N, C, H, W)")
    add("--labels", type=File("--labels"), metavar="Y.npy",
        help="their classes, integers (N,)")
    add("--out", type=options.out, metavar="Z.npz", help="write scores and classes here")
    add("--checkpoint", type=options.trained, metavar="net.pt",
        help="compare every score with this network's integer reference")
    add_board(parser, default="ulx3s")
    simulated = parser.add_argument_group("with --port sim", "which design, as in hw.build")
    simulated.add_argument("--variant", type=options.name("--variant"), metavar="SIZE",
                           help="of the board's device, such as 85F (default: the board's)")
    speed = simulated.add_mutually_exclusive_group()
    speed.add_argument("--fps", type=options.fps, metavar="N",
                       help="the smallest design that reaches N frames/s")
    speed.add_argument("--fill", type=options.fill, metavar="SHARE",
                       help="the fastest design in this share of the device (default: as of "
                       "hw.build)")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.port == SIMULATED and not given.checkpoint:
        parser.error("--port sim needs --checkpoint, the network to simulate")
    boards.check(given)
    if given.out:
        arrays.check_folder(given.out)


COMMAND = Command(
    module="boards.run", document=__doc__, arguments=_arguments, check=_check,
    examples=(
        "--port /dev/ttyUSB0 --images X.npy --labels Y.npy",
        "--port /dev/ttyUSB0 --images X.npy --checkpoint net.pt --out Z.npz",
        "--port sim --checkpoint net.pt --images X.npy",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Classify as the arguments say; 0 if done, 1 if a check failed, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
