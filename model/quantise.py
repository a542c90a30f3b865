"""``python -m model.quantise``: makes a trained network one that hardware can compute exactly."""

import argparse
from collections.abc import Sequence

from model import files, image_options, options
from model.command import Command
from model.options import File, Parser
from model.precision import BITS, FRACTION


def _arguments(parser: Parser) -> None:
    parser.add_argument("checkpoint", type=File("net.pt", files.TRAINED), metavar="net.pt",
                        help="the trained network")
    parser.add_argument("out", type=options.path("out.pt"), metavar="out.pt",
                        help="the checkpoint to write")
    parser.add_argument("--bits", type=options.whole("--bits", 2, 8), default=BITS, metavar="B",
                        help="bits of an integer in place of a real weight")
    parser.add_argument("--odd", action="store_true",
                        help="odd integers alone, of which hardware makes B - 1 binary weights in"
                        " place of B + 1")
    parser.add_argument("--fraction-bits", type=options.whole("--fraction-bits", 0, 15),
                        default=FRACTION, metavar="F",
                        help="most bits behind the point of a residual stream's numbers, which have"
                        " 17 in all")
    image_options.add_options(parser, required=False)
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies at out.pt already")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"],
                        help="where PyTorch computes; auto is CUDA where there is one")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    image_options.check_options(parser, given)
    files.check_new(given.out, overwrite=given.overwrite)


COMMAND = Command(
    module="model.quantise", document=__doc__, arguments=_arguments, check=_check,
    examples=(
        "net.pt integers.pt",
        "net.pt integers.pt --bits 6 --odd --data cifar10 --data-dir DIR",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Quantise as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
