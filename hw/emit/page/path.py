"""The critical path: where the clock's slowest signal begins, what it passes, and where it ends."""

from collections.abc import Sequence
from itertools import groupby

from hw.emit.critical import LOGIC, OUTPUT, WIRES, Step
from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.report import Timing

COLUMNS = ("layer", "cells between", "in cells", "on wires", "of the path")



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
              columns=("to", "layer", "of", "delay"),
              rows=[[step.signal or "-", step.layer, step.kind, _ns(step.seconds)]
                    for step in timing.path]),
    ]  # fmt: skip


def _said(timing: Timing) -> str:
    """The path in words: from where through what to where, and the time of cells and wires."""
    path = timing.path
    first, last = path[0], path[-1]
    total, wires = _seconds(path), _seconds(path, WIRES)
    stays = all(step.layer == first.layer for step in path)
    through = [layer for layer, _ in groupby(step.layer for step in path)]
    runs = f"stays in {first.layer}" if stays else f"runs from {' to '.join(through)}"
    return (
        f"The slowest signal {runs}: it leaves {_place(first, stays)}, passes {_cells(path)} and "
        f"enters {_place(last, stays)}. It takes {_ns(total)}, which allows "
        f"{timing.achieved / 1e6:.1f} MHz: {_ns(total - wires)} in cells ({1 - wires / total:.0%}; "
        f"{_ns(_seconds(path, OUTPUT))} of it from the clock's edge to the first cell's output) "
        f"and {_ns(wires)} on wires ({wires / total:.0%})."
    )


def _place(step: Step, alone: bool) -> str:
    """A cell, and its layer unless the path is in one layer alone."""
    if not step.signal:
        return f"a cell of {step.layer}"
    return step.signal if alone else f"{step.signal} of {step.layer}"


def _cells(path: Sequence[Step]) -> str:
    count = sum(step.kind == LOGIC for step in path)
    return "no other cell" if not count else "one cell" if count == 1 else f"{count} cells"


def _seconds(path: Sequence[Step], kind: str | None = None) -> float:
    """Delays of one kind, or of all."""
    return sum(step.seconds for step in path if kind in (None, step.kind))


def _by_layer(path: Sequence[Step]) -> list[list[str]]:
    """A row for each layer in turn; a wire between two layers is counted with the second."""
    rows = []
    for layer, group in groupby(path, key=lambda step: step.layer):
        steps = list(group)
        spent, wires = _seconds(steps), _seconds(steps, WIRES)
        cells = sum(step.kind == LOGIC for step in steps)
        rows.append([layer, f"{cells}", _ns(spent - wires), _ns(wires),
                     f"{spent / _seconds(path):.0%}"])
    return rows


def _ns(seconds: float) -> str:
    return f"{seconds * 1e9:.2f} ns"


SECTION = Section(order=5, heading="Critical path", blocks=blocks)
