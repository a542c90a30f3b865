"""``python -m hw.report``: the report of a build again, from its folder and without building."""

from collections.abc import Sequence

from model.command import Command
from model.options import File, Parser


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", type=File("folder", hint="give the folder of a build", folder=True),
        metavar="build/", help="the folder that hw.build wrote")
    add("--open", action="store_true", help="show report.html in the browser")


COMMAND = Command(
    module="hw.report", document=__doc__, arguments=_arguments,
    note="Writes report.html and report.md of report.json and what the build keeps beside it, and"
    " prints its tables: for a page that was lost, or after an update of this program.",
    examples=("build/", "build/ --open"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages and print the tables; 0 if done, 2 if there is no report to make them of."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
