"""What a page tells of: a report, and the files that a build keeps beside it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from hw.design.top import LAYERS
from hw.emit import floorplan, place, shown
from hw.emit.family import REST
from hw.emit.floorplan import Floor
from hw.emit.page.section import Told
from hw.emit.report import Report
from hw.flow.explore import FIGURES
from hw.plan import front
from hw.plan.front import Front

Find = Callable[[str], Path | None]
"""From the name of a build's file to its path; None if it is not there."""


def told(report: Report, find: Find) -> Told:
    """A report with the images, floorplan and front that belong to it, as far as they are there."""
    images = find(shown.FILE) if report.simulation else None
    places = find(place.FLOOR) if report.timing else None
    explored = find(FIGURES)
    return Told(
        report=report,
        shown=shown.read(images) if images else None,
        floor=_by_layer(report, floorplan.read(places)) if places else None,
        front=_same(report, front.read(explored.read_text())) if explored else None,
    )


def paths(names: Iterable[str]) -> dict[str, str]:
    """The names of layers by their instance paths in the board's top, and `REST` by itself."""
    return {f"{LAYERS}.{name}": name for name in names} | {REST: REST}


def _by_layer(report: Report, floor: Floor) -> Floor:
    every = paths(layer.name for layer in report.layers)
    return {name: floor[path] for path, name in every.items()}


def _same(report: Report, explored: Front) -> Front | None:
    """The front, if it is of the report's network, device and clock."""
    ours = (report.hashes.get("network"), report.board, report.device, report.clock)
    theirs = (explored.network, explored.board, explored.device, explored.clock)
    return explored if ours == theirs else None
