"""``python -m hw.build``: a checkpoint becomes a verified bitstream, with a plan and a report."""

import argparse
import math
from collections.abc import Sequence

from boards import options as boards
from boards.options import add_board
from hw import core_options
from hw.flow.request import (
    ATTEMPTS,
    LARGE_NETLIST,
    NETLIST_IMAGES,
    PROVE,
    SIMULATED,
    STOPS,
)
from hw.plan.budget import QUICK, USUAL
from model import image_options, options
from model.command import Command
from model.options import File, Parser
from model.refusal import Refusal

IMAGES = 100_000
"""Most images that one build can simulate."""

SECONDS = 1_000_000
"""Most seconds for the proofs of one build."""


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("--checkpoint", required=True, type=options.trained, metavar="net.pt",
        help="the trained network")
    add_board(parser, required=True)
    add("--variant", type=options.name("--variant"), metavar="SIZE",
        help="of the board's device, such as 85F (default: the board's)")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fps", type=options.fps, metavar="N",
                       help="the smallest design that reaches N frames/s")
    speed.add_argument("--fill", type=options.fill, metavar="SHARE",
                       help="the fastest design in this share of the device's logic, LUT4 and "
                       f"flip-flops (default: {USUAL:g} or {QUICK:,} LUT4, whichever is more, "
                       "which takes minutes, and what fits where that is too little; 0.8 can take "
                       "an hour)")
    speed.add_argument("--explore", action="store_true",
                       help="print what every frame rate costs on the whole device, write it as "
                       "explore.json and explore.svg, and build nothing")
    core_options.add(parser)
    add("--clock", type=options.clock_or_max, metavar="MHZ",
        help="of the accelerator (default: the board's); max: the highest that a placement meets, "
        "of those that the board's PLL makes. The folding is that of the default clock, which "
        "reaches --fps already there; all --attempts are placed, each for 5 %% more than was "
        "reached before, which seldom helps: --attempts 1 takes less time")
    add("--stop-after", choices=STOPS,
        help="end with this step, and from the plan on with the report (default: bitstream)")
    add("--out", type=options.out, metavar="DIR",
        help="the build folder (default: build/<checkpoint>-<board>)")
    add("--images", type=image_options.images, metavar="X.npy",
        help="images to simulate, uint8 (N, C, H, W), or a folder of your own (default: images.npy "
        "beside the checkpoint, else random)")
    add("--labels", type=File("--labels"), metavar="Y.npy",
        help="their classes, integers (N,)")
    add("--simulate", type=options.whole("--simulate", 0, IMAGES), default=SIMULATED, metavar="N",
        help="images to simulate at most; 0: none")
    add("--prove", type=options.whole("--prove", 0, SECONDS), default=int(PROVE), metavar="S",
        help="seconds at most to prove named cells equal to what is simulated, where an earlier "
        "build has not")
    add("--simulate-netlist", type=options.whole("--simulate-netlist", 0, IMAGES), default=None,
        metavar="N", help="images to simulate the synthesised netlist on, and the whole board at "
        f"its pins; 0: none (default: {NETLIST_IMAGES}, none above {LARGE_NETLIST:,} LUT4 or "
        "with --simulate 0)")
    add("--allow-differing", type=options.whole("--allow-differing", 0, IMAGES), default=0,
        metavar="N", help="simulated images that may have another class than PyTorch's, ties that "
        "float32 rounds apart")
    add("--seed", type=options.seed, default=1, metavar="N",
        help="of the first placement and of random images")
    add("--attempts", type=options.whole("--attempts", 1, 1000), default=ATTEMPTS, metavar="N",
        help="placements at most, until one meets the clock; with --clock max all of them")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.explore and given.stop_after:
        raise Refusal("--explore builds nothing; leave out --stop-after")
    if given.clock == math.inf:
        _check_search(given)
    core_options.check(given)
    boards.check(given)
    image_options.check_labels(given)


def _check_search(given: argparse.Namespace) -> None:
    """Refuse a search for the clock where nothing is placed."""
    if given.interface:
        raise Refusal("--clock max: a core has no clock of its own; give one in MHz")
    if given.explore or given.stop_after in STOPS[: STOPS.index("netlist")]:
        raise Refusal("--clock max is found by placing, and nothing is placed here; give --clock "
                      "in MHz, or go on to --stop-after place")


COMMAND = Command(
    module="hw.build", document=__doc__, arguments=_arguments, check=_check,
    note="Compiled simulations are kept in the user's cache folder, or in the one that the variable"
    " PURELOGIC_CACHE names; docs/files.md tells of all files.",
    examples=(
        "--checkpoint net.pt --board ulx3s",
        "--checkpoint net.pt --board ulx3s --variant 12F --fps 1000",
        "--checkpoint net.pt --board icebreaker --fill 0.8 --out build/fast",
        "--checkpoint net.pt --board ulx3s --fill 0.2 --clock max",
        "--checkpoint net.pt --board ulx3s --explore",
        "--checkpoint net.pt --board ulx3s --interface axis --registers axilite --top digits",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Build as the arguments say; 0 if it is done, 1 if a check failed, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
