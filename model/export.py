"""``python -m model.export``: writes a checkpoint in a format of other programs."""

import argparse
from collections.abc import Sequence

from model import files, options
from model.command import Command
from model.exporters.catalogue import EXPORTERS
from model.options import File, Parser


def _arguments(parser: Parser) -> None:
    parser.add_argument("--to", dest="form", required=True, choices=EXPORTERS,
                        help="the format of OUT; docs/convert.md says what each can say")
    parser.add_argument("checkpoint", type=File("net.pt", files.TRAINED), metavar="net.pt",
                        help="the trained network")
    parser.add_argument("out", type=options.path("OUT"), metavar="OUT",
                        help="the file to write, such as net.onnx")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    files.check_new(given.out, overwrite=given.overwrite)


COMMAND = Command(
    module="model.export", document=__doc__, arguments=_arguments, check=_check,
    examples=("--to qonnx net.pt net.onnx",),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Export as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
