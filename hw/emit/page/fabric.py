"""Resources: planned, synthesised and placed, by layer, beside what the device has."""

from collections.abc import Sequence

from hw.emit.page.blocks import Bar, Bars, Block, Table, Text
from hw.emit.page.section import UNITS, Section, Told
from hw.emit.report import Counts, Report

COLUMNS = ("layer", "planned", "synthesised", "placed", "of device")


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    missing = [name for name, counts in (("synthesised", report.counts.synthesised),
                                         ("placed", report.counts.placed)) if counts is None]
    said = [Text(text=f"Not {' and not '.join(missing)} in this build.")] if missing else []
    rest = Text(text="The rest is the link with its image buffers, the clock and the pins.")
    return [*said, _bars(report), rest, *(_table(report, *unit) for unit in UNITS)]


def _bars(report: Report) -> Bars:
    latest = report.counts.latest
    pairs = [(unit, getattr(latest, field), getattr(report.available, field))
             for unit, field in UNITS]
    return Bars(caption="Used of the device", bars=[
        Bar(label=unit, value=f"{used:,} of {there:,}", share=used / there, marked=used > there)
        for unit, used, there in pairs])


def _table(report: Report, unit: str, field: str) -> Table:
    there = getattr(report.available, field)
    every = [*((layer.name, layer.counts) for layer in report.layers),
             ("rest", report.rest), ("all", report.counts)]
    rows = [[name, *_cells(counts, field, there)] for name, counts in every]
    return Table(caption=f"{unit}: {there:,} in the {report.device}", columns=COLUMNS, rows=rows,
                 marked={len(rows) - 1: ""})


def _cells(counts: Counts, field: str, there: int) -> list[str]:
    stages = (counts.estimate, counts.synthesised, counts.placed)
    figures = ["-" if one is None else f"{getattr(one, field):,}" for one in stages]
    share = "-" if counts.placed is None else f"{getattr(counts.placed, field) / there:.1%}"
    return [*figures, share]


SECTION = Section(order=4, heading="Resources", blocks=blocks)
