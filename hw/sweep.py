"""``python -m hw.sweep``: one checkpoint built in many ways, with a table and a picture of all."""

import argparse
from collections.abc import Sequence

from boards import options as boards
from hw.flow.request import SIMULATED, STOPS
from model import image_options, options
from model.command import Command
from model.options import File, Parser


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("--checkpoint", required=True, type=options.trained, metavar="net.pt",
        help="the trained network")
    add("--boards", required=True, nargs="+", type=options.name("--boards"), metavar="NAME",
        help="boards, each with its variant or not: ulx3s ulx3s:12F icebreaker")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fills", nargs="+", type=options.fill, metavar="SHARE",
                       help="the fastest design in each share of a device (default: that of "
                       "hw.build)")
    speed.add_argument("--fps", nargs="+", type=options.fps, metavar="N",
                       help="the smallest design for each rate in frames/s (default: none)")
    add("--clocks", nargs="+", type=options.clock, metavar="MHZ",
        help="of the accelerator (default: each board's)")
    add("--seeds", nargs="+", type=options.seed, metavar="N",
        help="of placements, one for each row (default: as hw.build finds one, from 1 on)")
    add("--stop-after", choices=STOPS[1:], help="of every build (default: bitstream)")
    add("--images", type=image_options.images, metavar="X.npy",
        help="images to simulate, as of hw.build (default: images.npy beside the checkpoint, else "
        "random)")
    add("--labels", type=File("--labels"), metavar="Y.npy",
        help="their classes, integers (N,)")
    add("--simulate", type=options.whole("--simulate", 0, 100_000), default=SIMULATED,
        metavar="N", help="images to simulate at most; 0: none")
    add("--out", type=options.out, required=True, metavar="DIR",
        help="a build folder for each row, sweep.json, sweep.csv and sweep.svg")
    add("--jobs", type=options.jobs, default=1, metavar="N",
        help="builds at once; each takes up to 3 GB of memory")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    for named in given.boards:
        board, _, variant = named.partition(":")
        boards.check(argparse.Namespace(board=board, variant=variant or None))
    image_options.check_labels(given)


COMMAND = Command(
    module="hw.sweep", document=__doc__, arguments=_arguments, check=_check,
    note="Rows are written as they are ready. The same command again goes on after an interruption,"
    " and does not build again what is unchanged.",
    examples=(
        "--checkpoint net.pt --boards ulx3s icebreaker --fills 0.1 0.5 --out sweep",
        "--checkpoint net.pt --boards ulx3s:12F ulx3s:25F --fps 1000 10000 --stop-after synth "
        "--out sweep --jobs 2",
        "--checkpoint net.pt --boards ulx3s --clocks 80 100 120 --seeds 1 2 3 --out sweep",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Build as the arguments say; 0 if a design was built and none failed, 1 if one failed, 2 if
    input is unusable or every row was refused."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
