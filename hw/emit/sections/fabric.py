"""Fabric: LUT4, flip-flops and blocks of every layer, planned beside what came of it."""

from rich.table import Table

from hw.emit.report import Counts, Report
from hw.emit.sections.section import Section, figures_table


def table(report: Report) -> Table:
    """LUT4, flip-flops and EBR of every layer: planned, synthesised and placed."""
    counts = report.counts
    later = zip(_STAGES, (counts.synthesised, counts.placed), strict=True)
    stages = ["plan", *(stage for stage, count in later if count is not None)]
    columns = [f"{unit}\n{stage}" for unit in ("LUT4", "FF", "EBR") for stage in stages]
    shown = figures_table("fabric", "layer", *columns)
    for layer in report.layers:
        shown.add_row(layer.name, *_cells(layer.counts))
    shown.add_row("rest", *_cells(report.rest))
    shown.add_section()
    shown.add_row("all", *_cells(counts), style="bold")
    return shown


_STAGES = ("synth", "placed")


def _cells(counts: Counts) -> list[str]:
    found = [one for one in (counts.estimate, counts.synthesised, counts.placed) if one is not None]
    return [f"{getattr(one, field):,}" for field in ("lut", "ff", "ebr") for one in found]


SECTION = Section(order=1, table=table)
