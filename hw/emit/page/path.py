"""The critical path: where the clock's slowest signal begins, what it passes, and where it ends."""

from collections.abc import Sequence
from itertools import groupby

from hw.emit.critical import Step
from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.report import Timing

COLUMNS = ("layer", "cells passed", "logic", "routing", "of the path")

WIRES = "routing"


def blocks(told: Told) -> Sequence[Block]:
    timing = told.report.timing
    if timing is None:
        return [Text(text="No critical path: the design was not placed in this build.")]
    if not timing.path:
        return [Text(text="nextpnr reports no path from register to register.")]
    return [
        Text(text=_said(timing)),
        Table(caption="The path, layer by layer", columns=COLUMNS, rows=_by_layer(timing.path)),
        Table(caption="Every delay of the path", folded=True,
              columns=("from or through", "layer", "of", "delay"),
              rows=[[step.signal or "-", step.layer, step.kind, _ns(step.seconds)]
                    for step in timing.path]),
    ]  # fmt: skip


def _said(timing: Timing) -> str:
    path = timing.path
    first, last = path[0], path[-1]
    total = sum(step.seconds for step in path)
    wires = sum(step.seconds for step in path if step.kind == WIRES)
    where = f"in {first.layer}" if len({step.layer for step in path}) == 1 else (
        f"from {' to '.join(layer for layer, _ in groupby(step.layer for step in path))}")
    return (
        f"The slowest signal runs {where}: from the register {first.signal} of {first.layer} "
        f"through {_cells(path)} to the register {last.signal} of {last.layer}. It takes "
        f"{_ns(total)}, so that the clock can be {timing.achieved / 1e6:.1f} MHz: "
        f"{_ns(total - wires)} in logic and registers ({1 - wires / total:.0%}) and {_ns(wires)} on "
        f"wires ({wires / total:.0%})."
    )


def _cells(path: Sequence[Step]) -> str:
    count = sum(step.kind == "logic" for step in path)
    return "no cell" if not count else "one cell" if count == 1 else f"{count} cells"


def _by_layer(path: Sequence[Step]) -> list[list[str]]:
    """A row for each layer in turn; a wire between two layers is counted with the second."""
    total, rows = sum(step.seconds for step in path), []
    for layer, group in groupby(path, key=lambda step: step.layer):
        steps = list(group)
        spent = sum(step.seconds for step in steps)
        wires = sum(step.seconds for step in steps if step.kind == WIRES)
        cells = sum(step.kind == "logic" for step in steps)
        rows.append([layer, f"{cells}", _ns(spent - wires), _ns(wires), f"{spent / total:.0%}"])
    return rows


def _ns(seconds: float) -> str:
    return f"{seconds * 1e9:.2f} ns"


SECTION = Section(order=5, heading="Critical path", blocks=blocks)
