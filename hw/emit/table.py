"""Tables for a terminal: of a plan, of the Pareto front and of a report."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boards.resources import Resources
from hw.emit import endpoints, sections
from hw.emit.endpoints import Register
from hw.emit.report import Report
from hw.emit.sections.section import Section, figures_table
from hw.plan import entry
from hw.plan.front import Front
from hw.plan.latency import latencies
from hw.plan.plan import Plan
from model.rooms import kinds

Fact = tuple[str, str | Text]
"""A line of the summary: a name and a value."""

BAD = "bold red"


def plan_table(plan: Plan) -> Table:
    """The table of a plan: for every layer its folding, cycles, latency and estimated resources.

    The first row is the input, where several pixels enter at once; the row of the rest also has the
    images that the link buffers.
    """
    columns = ("layer", "P x PE x SIMD", "weights", "cycles", "busy", "through at")
    table = figures_table("plan", *columns, "LUT4", "FF", "EBR")
    through = latencies(plan.network, plan.foldings, plan.entry)
    if plan.entry > 1:
        beats = entry.beats(plan.network, plan.entry)
        pixels, busy = f"{plan.entry} pixels", f"{beats / plan.interval:.0%}"
        table.add_row("entry", pixels, "", f"{beats:,}", busy)
    for stage, cycle in zip(plan.stages, through, strict=True):
        table.add_row(
            stage.name, stage.folding.size, stage.folding.weights, f"{stage.cycles:,}",
            f"{stage.cycles / plan.interval:.0%}", f"{cycle:,}", *_figures(stage.estimate),
        )
    if any(folding.reuse > 1 for folding in plan.foldings):
        table.caption = "2*5: a word of weights serves 2 times 5 pixels, one after the other"
    total = plan.estimate
    rest = total - sum((stage.estimate for stage in plan.stages), Resources())
    table.add_row("rest", str(plan.slots), "", "", "", "", *_figures(rest))
    table.add_section()
    table.add_row(
        "all", "", "", f"{plan.interval:,}", "", f"{through[-1]:,}", *_figures(total), style="bold"
    )
    return table


def _figures(resources: Resources) -> list[str]:
    return [f"{figure:,}" for figure in resources.figures]


def front_table(front: Front) -> Table:
    """The table of a Pareto front: rate and resources from the smallest design to the fastest."""
    title = f"{front.board} {front.device} at {front.clock / 1e6:g} MHz"
    units = ("cycles", "frames/s", "latency", "LUT4", "FF", "EBR", "bound by")
    table = figures_table(f"designs for {title}", *units)
    table.columns[0].justify = "right"
    table.columns[-1].justify = "left"
    for point in front.points:
        table.add_row(
            f"{point.interval:,}", rate(point.frames_per_second), f"{point.latency * 1e6:,.1f} us",
            *_figures(point.estimate), f"{point.layer} {point.part}",
        )
    table.add_section()
    table.add_row("", "", "there are", *_figures(front.available))
    return table


def rate(frames_per_second: float) -> str:
    """Frames/s as a text, with a decimal below 100."""
    return f"{frames_per_second:,.{0 if frames_per_second >= 100 else 1}f}"


def endpoint_tables(registers: Sequence[Register], clocks: Sequence[float]) -> list[Table]:
    """The endpoints of a placed design that hold the clock at or below some frequencies in Hz.

    The first table has every register with such endpoints, the slowest last, which is nearest to
    the prompt; the second has every layer, and the whole design.
    """
    units = [f"{clock / 1e6:.1f}\nMHz" for clock in clocks]
    by_register = figures_table(
        "endpoints that hold the clock at or below", "register", "pin", "slowest", "all", *units)
    # Of names, not of figures, a narrow terminal breaks the lines.
    by_register.columns[0].no_wrap, by_register.columns[0].overflow = False, "fold"
    by_layer = figures_table("by layer", "layer", "slowest", "all", *units)
    for each in reversed(registers):
        if any((found := endpoints.counted([each], clocks)).holding):
            by_register.add_row(f"{found.layer} {found.name}", found.pin, *found.figures)
    for layer in endpoints.layers(registers):
        by_layer.add_row(layer[0].place, *endpoints.counted(layer, clocks).figures)
    by_layer.add_section()
    by_layer.add_row("all", *endpoints.counted(registers, clocks).figures, style="bold")
    return [by_register, by_layer]


def show(report: Report, console: Console) -> None:
    """Every section, and last what a person wants to know."""
    every: list[Section] = sorted(
        kinds(sections, "SECTION").values(), key=lambda section: section.order
    )
    for section in every:
        if (table := section.table(report)) is not None:
            console.print(table)
    console.print(Text(report.energy_note, style="dim"))
