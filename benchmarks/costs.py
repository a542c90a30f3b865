"""The cost model's error against the stages that `benchmarks.stages` synthesised and packed."""

import statistics

from benchmarks.stages import draw, read
from hw.plan import cost


def errors(field: str) -> list[float]:
    """|estimate - found| of every measured stage, relative where there is any: lut, ff or ebr."""
    found = []
    for row in read():
        said = getattr(cost.stage(draw(row.seed)[0], row.folding), field)
        has = getattr(row.found, field)
        found.append(abs(said - has) / max(1, has))
    return found


def section() -> str:
    """Its part of RESULTS.md."""
    lines = ["## Cost model", "",
             f"Against {len(errors('lut'))} stages drawn over kinds, PE, SIMD, P and homes,"
             " synthesised and packed for the 85F: `python -m benchmarks.stages`.", "",
             "| | mean error | largest |", "|---|---|---|"]  # fmt: skip
    for name, field in (("LUT4", "lut"), ("flip-flops", "ff"), ("EBR", "ebr")):
        wrong = errors(field)
        lines.append(f"| {name} | {statistics.mean(wrong):.2%} | {max(wrong):.2%} |")
    return "\n".join(lines) + "\n"
