"""Gates: operators of the netlist before they are mapped to LUTs, by layer and kind."""

from rich.table import Table

from hw.emit.report import Report
from hw.emit.sections.section import Products, Section, figures_table


def facts(products: Products) -> dict[str, int] | None:
    """Operators of all layers together, by kind; None without synthesis."""
    synthesis = products.synthesis
    if synthesis is None:
        return None
    layers = list(synthesis.gates.values())
    return {kind: sum(gates[kind] for gates in layers) for kind in layers[0]}


def table(report: Report) -> Table | None:
    every = report.sections.get("gates")
    if every is None:
        return None
    kinds = list(every)
    columns = (kind.replace(" ", "\n") for kind in kinds)
    shown = figures_table("gates of the netlist", "layer", *columns)
    for layer in report.layers:
        shown.add_row(layer.name, *(f"{(layer.gates or {}).get(kind, 0):,}" for kind in kinds))
    shown.add_section()
    shown.add_row("all", *(f"{count:,}" for count in every.values()), style="bold")
    return shown


SECTION = Section(order=2, table=table, facts=facts)
