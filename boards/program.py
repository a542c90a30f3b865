"""``python -m boards.program``: the bitstream of a build folder into the board that it is for."""

from collections.abc import Sequence

from model.command import Command
from model.options import File, Parser


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", type=File("folder", hint="give the folder of a build", folder=True),
        metavar="build/", help="the folder that hw.build wrote")
    add("--show", action="store_true", help="print the command line that would load it, and end")


COMMAND = Command(
    module="boards.program", document=__doc__, arguments=_arguments,
    examples=("build/", "build/ --show"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Load as the arguments say; 0 if loaded, 1 if the loader failed, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
