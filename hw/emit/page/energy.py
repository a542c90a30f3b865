"""Energy of a frame by layer, in three accounts."""

from collections.abc import Sequence

from hw.emit.energy import Energy
from hw.emit.page.blocks import Bar, Bars, Block, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.sections.section import energy_text

COLUMNS = ("layer", "XNORs", "compares", "paper", "with counters", "activity", "share")


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    rows = [
        [layer.name, f"{layer.operations.xnor:,}", f"{layer.operations.compare:,}",
         *_accounts(layer.energy), f"{layer.share:.1%}"]
        for layer in report.layers
    ]  # fmt: skip
    done = [sum(getattr(layer.operations, kind) for layer in report.layers)
            for kind in ("xnor", "compare")]
    rows.append(["all", *(f"{count:,}" for count in done), *_accounts(report.energy), "100.0%"])
    return [
        Text(text=report.energy_note),
        Text(text="Paper: XNORs and comparators alone, as the paper's tables add up. With "
                  "counters: every operator. Activity: what toggled in the simulation"
                  f"{'' if report.energy.activity is not None else ', which was not run'}."),
        Bars(caption="share of the energy with counters, by layer", bars=[
            Bar(label=layer.name, value=f"{layer.share:.1%}", share=layer.share)
            for layer in report.layers]),
        Table(caption="Energy of a frame, by layer", columns=COLUMNS, rows=rows,
              marked={len(rows) - 1: ""}),
    ]  # fmt: skip


def _accounts(energy: Energy) -> list[str]:
    activity = "-" if energy.activity is None else energy_text(energy.activity)
    return [energy_text(energy.paper), energy_text(energy.counter), activity]


SECTION = Section(order=4, heading="Energy", blocks=blocks)
