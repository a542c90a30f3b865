"""The floorplan: where nextpnr put the cells of every layer, each layer in its colour."""

from collections.abc import Sequence
from statistics import median

from hw.emit.family import REST
from hw.emit.floorplan import Floor, Place
from hw.emit.page.blocks import Area, Block, Map, Table, Text
from hw.emit.page.section import Section, Told

FIRST = 250
"""Hue of the first layer, a blue."""

LARGE = 0.01
"""Share of all places that a layer has whose name stands on it."""

COLUMNS = ("layer", "cells", "places", "columns", "rows")


def blocks(told: Told) -> Sequence[Block]:
    floor = told.floor
    if not floor or not any(floor.values()):
        return [Text(text="No floorplan: the design was not placed in this build.")]
    report = told.report
    left, top, width, height = frame = _frame(floor)
    owners, names = owned(floor), [name for name in floor if name != REST]
    hues = {name: (FIRST + 360 * number // len(names)) % 360 for number, name in enumerate(names)}
    return [
        Map(caption=f"{report.device}: the layer that has most cells of each place",
            name=f"floorplan of columns {left} to {left + width - 1} and rows {top} to "
                 f"{top + height - 1}; the table below has it in figures",
            frame=frame,
            areas=[Area(name=name, hue=hues.get(name), places=owners[name],
                        label=_middle(owners[name], width * height)) for name in floor]),
        Table(caption="Cells and where they are", columns=COLUMNS,
              rows=[_row(name, floor[name]) for name in floor]),
    ]  # fmt: skip


def owned(floor: Floor) -> dict[str, list[Place]]:
    """The places of which a layer has most cells, by the layer's name; the first of equals."""
    found: dict[str, list[Place]] = {name: [] for name in floor}
    for place in sorted({place for places in floor.values() for place in places}):
        found[max(floor, key=lambda name: floor[name].get(place, 0))].append(place)
    return found


def _middle(places: Sequence[Place], there: int) -> tuple[float, float] | None:
    """Where a layer's name stands: half of its places are left of it, and half above; None for a
    layer with few of the places that are ``there``."""
    if len(places) < LARGE * there:
        return None
    columns, rows = zip(*places, strict=True)
    return median(columns) + 0.5, median(rows) + 0.5


def _frame(floor: Floor) -> tuple[int, int, int, int]:
    """First column and row of all cells, pins included, and the number of columns and rows."""
    columns, rows = zip(*(place for places in floor.values() for place in places), strict=True)
    return (min(columns), min(rows), max(columns) - min(columns) + 1, max(rows) - min(rows) + 1)


def _row(name: str, places: dict[Place, int]) -> list[str]:
    """A layer without cells has no columns and rows."""
    if not places:
        return [name, "0", "0", "-", "-"]
    spans = [f"{min(along)} to {max(along)}" for along in zip(*places, strict=True)]
    return [name, f"{sum(places.values()):,}", f"{len(places):,}", *spans]


SECTION = Section(order=10, heading="Floorplan", blocks=blocks)
