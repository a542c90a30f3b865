"""Errors of the cost model on the stages that `benchmarks.stages` synthesised and packed."""

import statistics
from collections.abc import Sequence

from benchmarks.stages import Measured, draw, read

FIELDS = {"LUT4": "lut", "flip-flops": "ff", "EBR": "ebr"}
COMMAND = "`python -m benchmarks.stages`"


def errors(field: str, rows: Sequence[Measured]) -> list[float]:
    """Errors |estimate - measured| of every stage in lut, ff or ebr, relative where it has any."""
    found = []
    for row in rows:
        said, has = (getattr(each, field) for each in (draw(row.seed).estimate, row.found))
        found.append(abs(said - has) / max(1, has))
    return found


def stale(rows: Sequence[Measured]) -> list[int]:
    """Seeds whose folding is now another one than when it was measured."""
    return [row.seed for row in rows if draw(row.seed).folding != row.folding]


def section() -> str:
    """The section of RESULTS.md on the cost model."""
    head, rows = "## Cost model\n\n", tuple(read())
    if old := stale(rows):
        said = f"{len(old)} of its {len(rows)} stages are of an older program"
        return f"{head}To be measured again: {said}: {COMMAND}.\n"
    lines = [f"Against {len(rows)} stages drawn over kinds, PE, SIMD, P and homes, synthesised and"
             f" packed for the 85F: {COMMAND}.", "", "| | mean error | largest |", "|---|---|---|"]
    for name, field in FIELDS.items():
        wrong = errors(field, rows)
        lines.append(f"| {name} | {statistics.mean(wrong):.2%} | {max(wrong):.2%} |")
    return head + "\n".join(lines) + "\n"
