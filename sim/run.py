"""``python -m sim.run``: images through the simulated hardware, every score compared."""

import argparse
from collections.abc import Sequence
from typing import get_args

from boards import options as boards
from boards.options import add_board
from model import arrays, files, image_options, options
from model.command import Command
from model.options import File, Parser
from model.refusal import Refusal
from sim.chunks import CHUNK
from sim.verilate import Waves

WAVES = tuple(f".{each}" for each in get_args(Waves))
"""Suffixes of files of waves."""


def _arguments(parser: Parser) -> None:
    parser.add_argument("--checkpoint", required=True, type=options.trained, metavar="net.pt",
                        help="the trained network")
    parser.add_argument("--images", required=True, type=image_options.images,
                        metavar="X.npy", help="images to simulate, uint8 (N, C, H, W), or a folder"
                        " of your own")
    parser.add_argument("--labels", type=File("--labels"), metavar="Y.npy",
                        help="their classes, integers (N,)")
    parser.add_argument("--level", default="rtl", choices=["rtl", "netlist"],
                        help="what is simulated: the accelerator's Verilog, or the layers of the "
                        "board as yosys synthesises it")
    parser.add_argument("--engine", default="native", choices=["native", "cocotb"],
                        help="compiled player, or Python in the simulator; equal but for speed")
    add_board(parser, default="ulx3s")
    parser.add_argument("--variant", type=options.name("--variant"), metavar="SIZE",
                        help="of the board's device, such as 85F (default: the board's)")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fps", type=options.fps, metavar="N",
                       help="the smallest design that reaches N frames/s")
    speed.add_argument("--fill", type=options.fill, metavar="F",
                       help="the fastest design within this share of the device (default: as of "
                       "hw.build)")
    parser.add_argument("--clock", type=options.clock, metavar="MHZ",
                        help="of the accelerator (default: the board's)")
    parser.add_argument("--jobs", type=options.jobs, metavar="N",
                        help=f"processes at once, {CHUNK} images each (default: one per processor)")
    parser.add_argument("--stall", type=options.real("--stall", 0, 0.99), default=0.0, metavar="P",
                        help="chance that a cycle offers no pixel, or takes no score")
    parser.add_argument("--wave", "--waves", dest="waves", type=options.out, metavar="W.fst",
                        help="write every signal here, as FST or, called .vcd, as VCD (default: "
                        "none)")
    parser.add_argument("--frame", type=options.whole("--frame", 0, 10**9), metavar="N",
                        help="with --wave: of image N alone, counted from 0, from its first pixel "
                        f"to its last score (default: of the first {CHUNK} images)")
    parser.add_argument("--allow-differing", type=options.whole("--allow-differing", 0, 10**9),
                        default=0, metavar="N", help="images that may have another class than "
                        "PyTorch's, ties that float32 rounds apart")
    parser.add_argument("--out", type=options.out, metavar="Z.npz",
                        help="write scores, classes, latency_cycles, cycles_per_frame here")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    boards.check(given)
    image_options.check_labels(given)
    if given.out:
        arrays.check_folder(given.out)
    if given.waves:
        files.check_target(given.waves, "--wave")
        if given.waves.suffix not in WAVES:
            raise Refusal(f"--wave {given.waves}: call it {' or '.join(WAVES)}, by its format")
        if given.engine != "native":
            raise Refusal("--wave: written by the native engine alone; leave out --engine cocotb")
    elif given.frame is not None:
        raise Refusal("--frame: the image of which --wave is written; give --wave W.fst as well")


COMMAND = Command(
    module="sim.run", document=__doc__, arguments=_arguments, check=_check,
    note="Compiled simulations are kept in the user's cache folder, or in the one that the variable"
    " PURELOGIC_CACHE names; docs/files.md tells of all files.",
    examples=(
        "--checkpoint net.pt --images X.npy --labels Y.npy",
        "--checkpoint net.pt --images X.npy --level netlist --board ulx3s --variant 12F",
        "--checkpoint net.pt --images X.npy --stall 0.3 --wave W.fst --frame 7",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate as the arguments say; 0 if all is equal, 1 if a score or a class is not, 2 if input
    is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
