"""Resources: planned, synthesised and placed, by layer, beside what the device has."""

from collections.abc import Sequence

from hw.emit.page.blocks import Bar, Bars, Block, Table, Text
from hw.emit.page.section import UNITS, Section, Told
from hw.emit.report import Counts, Report

STEPS = {"planned": "estimate", "synthesised": "synthesised", "placed": "placed"}
"""Columns of figures, each with the field of `hw.emit.report.Counts` that it has."""


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    missing = [name for name in STEPS if name not in _done(report)]
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


def _done(report: Report) -> list[str]:
    """The steps that counted resources in this build, as columns are called."""
    return [name for name, field in STEPS.items() if getattr(report.counts, field) is not None]


def _table(report: Report, unit: str, field: str) -> Table:
    there, done = getattr(report.available, field), _done(report)
    every = [*((layer.name, layer.counts) for layer in report.layers),
             ("rest", report.rest), ("all", report.counts)]
    return Table(caption=f"{unit}: {there:,} in the {report.device}",
                 columns=("layer", *done, "of device"),
                 rows=[[name, *_cells(counts, done, field, there)] for name, counts in every],
                 marked={len(every) - 1: ""})


def _cells(counts: Counts, done: Sequence[str], field: str, there: int) -> list[str]:
    """What each step counted, and the share of the last one."""
    counted = [getattr(counts, STEPS[name]) for name in done]
    figures = [None if one is None else getattr(one, field) for one in counted]
    shown = ["-" if figure is None else f"{figure:,}" for figure in figures]
    return [*shown, "-" if figures[-1] is None else f"{figures[-1] / there:.1%}"]


SECTION = Section(order=4, heading="Resources", blocks=blocks)
