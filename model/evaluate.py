"""``python -m model.evaluate``: accuracy or scores of a checkpoint, by PyTorch or in integers."""

import argparse
from collections.abc import Sequence

from model import arrays, image_options, options
from model.command import Command
from model.options import Parser


def _arguments(parser: Parser) -> None:
    parser.add_argument("--checkpoint", required=True, type=options.trained,
                        metavar="net.pt", help="the trained network")
    image_options.add_options(parser, required=True)
    parser.add_argument("--integer", action="store_true",
                        help="score by the integer reference and count what PyTorch has different")
    parser.add_argument("--out", type=options.out, metavar="Z.npz",
                        help="write scores and classes here")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"],
                        help="where PyTorch computes; auto is CUDA where there is one")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    image_options.check_options(parser, given)
    if given.out:
        arrays.check_folder(given.out)


COMMAND = Command(
    module="model.evaluate", document=__doc__, arguments=_arguments, check=_check,
    examples=(
        "--checkpoint net.pt --data mnist --data-dir DIR",
        "--checkpoint net.pt --images X.npy --labels Y.npy --integer",
        "--checkpoint net.pt --images X.npy --out Z.npz",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate as the arguments say; 0 if done, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
