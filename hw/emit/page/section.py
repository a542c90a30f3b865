"""A section of a page, and the build that it tells of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hw.emit.floorplan import Floor
from hw.emit.page.blocks import Block
from hw.emit.report import Report
from hw.emit.shown import Shown
from hw.plan.front import Front

UNITS = (("LUT4", "lut"), ("flip-flops", "ff"), ("block memories", "ebr"))
"""Names of resources in a page, each with its field of `boards.resources.Resources`."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a page tells of: the report of a build, and what is kept beside it.

    Parameters
    ----------
    shown : images that were simulated; None if none were.
    floor : where the cells of every layer are, by its name; None if nothing was placed.
    front : the Pareto front of the same network on the same device; None if it was not explored.
    """

    report: Report
    shown: Shown | None = None
    floor: Floor | None = None
    front: Front | None = None


@dataclass(frozen=True, kw_only=True)
class Section:
    """A kind of section is a module of `hw.emit.page` whose ``SECTION`` it is.

    Parameters
    ----------
    order : int
        Sections are shown from the lowest to the highest.
    heading : what it is about.
    blocks : its content; where a step was not run, a text says so.
    """

    order: int
    heading: str
    blocks: Callable[[Told], Sequence[Block]]


def bottlenecks(report: Report) -> list[int]:
    """Numbers of the layers that take as many cycles as a frame; none where the input does."""
    return [number for number, layer in enumerate(report.layers)
            if layer.cycles == report.interval]


def shape_text(shape: Sequence[int]) -> str:
    """Channels, height and width as a text."""
    return " x ".join(map(str, shape))
