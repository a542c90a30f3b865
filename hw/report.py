"""``python -m hw.report``: the report of a build again, from its folder and without building."""

import argparse
from collections.abc import Sequence

from model.command import Command
from model.options import File, Parser, real


def _arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", type=File("folder", hint="give the folder of a build", folder=True),
        metavar="build/", help="the folder that hw.build wrote")
    add("--open", action="store_true", help="show report.html in the browser")
    add("--timing", action="store_true",
        help="print which registers hold the clock down, by layer, instead of the other tables")
    add("--at", type=real("--at", 1e-3, 1e4), nargs="+", metavar="MHZ",
        help="clocks for which --timing counts endpoints (default: what was reached, and 5, 10, 20"
        " and 40 %% above it)")


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.at and not given.timing:
        parser.error("--at: says for which clocks --timing counts; give that too")


COMMAND = Command(
    module="hw.report", document=__doc__, arguments=_arguments,
    note="Writes report.html and report.md of report.json and what the build keeps beside it, and"
    " prints its tables: for a page that was lost, or after an update of this program. An endpoint"
    " is a pin of a register or memory; it holds the clock at the frequency that its slowest signal"
    " allows, by nextpnr's timing.",
    examples=("build/", "build/ --open", "build/ --timing", "build/ --timing --at 100 120 150"),
    check=_check,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages and print the tables; 0 if done, 2 if there is no report to make them of."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
