"""Energy of a frame by layer, in three accounts."""

from rich.table import Table

from hw.emit.report import LayerReport, Report
from hw.emit.sections.section import Section, energy_text, figures_table


def table(report: Report) -> Table:
    columns = ("layer", "XNORs", "compares", "paper", "with counter", "activity", "share")
    shown = figures_table("energy of a frame, by the operators of a 65 nm process", *columns)
    for layer in report.layers:
        shown.add_row(*_accounts(layer))
    return shown


def _accounts(layer: LayerReport) -> list[str]:
    energy, done = layer.energy, layer.operations
    activity = "" if energy.activity is None else energy_text(energy.activity)
    return [
        layer.name, f"{done.xnor:,}", f"{done.compare:,}", energy_text(energy.paper),
        energy_text(energy.counter), activity, f"{layer.share:.1%}",
    ]


SECTION = Section(order=3, table=table)
