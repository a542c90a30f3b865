"""The page FOREIGN.md: what became of every network that others trained or defined."""

from collections.abc import Mapping, Sequence

from benchmarks.foreign.found import Found, Share
from benchmarks.foreign.measure import COMPARED, FILL, SIMULATED
from benchmarks.foreign.rows import ALL, Row

HEAD = f"""# Networks that others trained or defined

Written by `python -m benchmarks.foreign --others DIR --python PYTHON --data-dir DATA`, one row by
`--rows NAME`; this text from what is kept in `benchmarks/foreign/found/` by `--table`. DIR has a
folder of each repository named below, PYTHON is an interpreter with the other programs' packages.

- **Accuracy** is of all test images, or of the compared ones if the network is made here: as
  published; by the other program itself, where real numbers of it are quantised here (before); by
  PyTorch here; and in integers, which is what hardware computes.
- **Differ** is the number of images, of the first of the test set ({COMPARED:,}, fewer by
  `--images`) or of as many drawn ones, that the other program itself puts into another class than
  our integers (`benchmarks/foreign/others/` runs it). A network that reads real numbers has them
  rounded by the input table; "given the same" is the count where the other program reads those.
  Of a network with real layers, which are quantised, "before" is the count of the network as it
  was read, in float64. Small margins, of drawn weights most of all, let one sign that rounding
  turns spread to many behind it. Of a tie the two classes have exactly the same score, and the
  other program's rounding chooses.
- **Frames/s** is planned for {100 * FILL:.0f} % of an ULX3S-85F at its default clock, not built.
- **Simulated** is the number of images, of {SIMULATED}, of which a score of that design's Verilog
  is not that of the integers.
"""

COLUMNS = ("network", "accepted", "published %", "before %", "PyTorch %", "integers %", "differ",
           "simulated", "frames/s")  # fmt: skip


def document(found: Mapping[str, Found]) -> str:
    """The whole page."""
    trained = [row for row in ALL if row.trained]
    defined = [row for row in ALL if not row.trained]
    return "\n".join([
        HEAD, *_section("Trained by others", trained, found),
        *_section("Defined by others, made here by their program", defined, found),
    ])  # fmt: skip


def _section(title: str, rows: Sequence[Row], found: Mapping[str, Found]) -> list[str]:
    if not rows:
        return []
    table = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    table += [f"| {' | '.join(_cells(row, found.get(row.name)))} |" for row in rows]
    return [f"## {title}", "", *table, "", *(_source(row, found.get(row.name)) for row in rows), ""]


def _cells(row: Row, made: Found | None) -> list[str]:
    if made is None or made.missing or made.refused:
        accepted = "no" if made is not None and made.refused else "not measured"
        return [row.title, accepted, row.published, *["-"] * 6]
    rate = "-" if made.rate is None else f"{made.rate:,.0f}"
    return [
        row.title, "yes", row.published, *map(_percent, (made.before, made.pytorch, made.integers)),
        _differing(made), _count(made.wrong), rate,
    ]  # fmt: skip


def _percent(share: Share | None) -> str:
    return "-" if share is None else f"{share.percent:.2f}"


def _count(share: Share | None) -> str:
    return "-" if share is None else f"{share.count:,} of {share.images:,}"


def _differing(made: Found) -> str:
    ties = f"; {made.tied:,} of them ties" if made.tied else ""
    same = "" if made.rounded is None else f"; {made.rounded.count:,} given the same"
    before = f"; {made.read.count:,} before" if made.read else ""
    return _count(made.differing) + ties + same + before


def _source(row: Row, made: Found | None) -> str:
    """The origin of a network, the commands that import it, and remarks on it, as a list item."""
    more = f" {row.convert}" if row.convert else ""
    steps = [f"`python -m model.convert --from {row.form} {row.file or 'FILE'} net.pt{more}`"]
    if row.bits:
        steps.append(f"`python -m model.quantise net.pt small.pt --bits {row.bits}`")
    first = "" if row.trained else (
        f" Trained on {row.taught:,} images." if row.taught else " Drawn weights.")
    said = [] if made is None else [
        f"{what}: {text}" for what, text in (
            ("left out", made.missing), ("refused", made.refused), ("quantised", made.changed),
            ("other program not run", made.alone), ("no plan", made.unplanned),
        ) if text
    ]  # fmt: skip
    at = "" if made is None or made.commit is None else f" Commit {made.commit}."
    return f"- **{row.title}** ({row.origin}): {', then '.join(steps)}.{first}" + "".join(
        f" {each[0].upper()}{each[1:]}." for each in said) + at
