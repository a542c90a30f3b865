"""``python -m benchmarks.foreign``: imports what others trained or defined, and writes FOREIGN.md.
"""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.builds import ROOT
from benchmarks.foreign.found import KEPT, Found, read
from benchmarks.foreign.measure import COMPARED, Place, measure
from benchmarks.foreign.page import document
from benchmarks.foreign.rows import ROWS
from benchmarks.measurement import commit
from benchmarks.networks import Missing, folder
from benchmarks.rows import chosen
from model import options
from model.files import write_text
from model.options import Parser
from model.refusal import refusing

PAGE = ROOT / "benchmarks" / "FOREIGN.md"
MADE = ROOT / "build" / "foreign"


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page; 0 if done, 2 if input is unusable."""
    given = _parser().parse_args(argv)
    say = Console(stderr=True).print
    if not given.table:
        place = Place(others=folder(given.others), python=given.python,
                      data=folder(given.data_dir), made=given.made.absolute(),
                      compared=given.images)  # fmt: skip
        for row in chosen(given.rows, ROWS, ROWS):
            say(f"{row.name}: measuring")
            try:
                measure(row, place).save(KEPT)
            except Missing as reason:
                say(f"{row.name}: left out, {reason}")
                if read(row.name, KEPT) is None:
                    Found(row=row.name, commit=commit(), missing=str(reason)).save(KEPT)
    text = document({name: kept for name in ROWS if (kept := read(name, KEPT))})
    write_text(PAGE, text)
    print(text)
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks.foreign", description=__doc__)
    add = parser.add_argument
    add("--rows", metavar="A,B", help=f"only these of: {', '.join(ROWS)}")
    add("--table", action="store_true", help="measure nothing: the table of what is kept")
    add("--others", type=options.path("--others"), metavar="DIR",
        help="a folder with a folder of each of the others' repositories")
    add("--python", type=options.path("--python"), metavar="PYTHON",
        help="an interpreter with the other programs' packages")
    add("--data-dir", type=options.path("--data-dir"), metavar="DIR", help="the data sets' folder")
    add("--images", type=options.whole("--images", 1, 10_000), default=COMPARED,
        help="that the other program classifies (%(default)s); some take a second for each")
    add("--made", type=options.path("--made"), metavar="DIR", default=MADE,
        help="checkpoints go here (default build/foreign)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
