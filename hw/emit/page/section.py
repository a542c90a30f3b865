"""A section of a page, and the build that it tells of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hw.emit.floorplan import Floor
from hw.emit.page.blocks import Block
from hw.emit.report import Report

UNITS = (("LUT4", "lut"), ("flip-flops", "ff"), ("block memories", "ebr"))
"""Names of resources in a page, each with its field of `boards.resources.Resources`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """Simulated images with the scores that design.v gave.

    Parameters
    ----------
    source : the images' file, or how they were made.
    images, labels : uint8 (N, C, H, W), and the right class of each (N,) if known.
    scores : int64 (N, classes).
    """

    source: str
    images: np.ndarray
    labels: np.ndarray | None
    scores: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a page tells of: the report of a build, the images that were simulated, and where the
    cells of every layer are, by its name; None for what was not simulated or placed."""

    title: str
    report: Report
    answered: Answered | None = None
    floor: Floor | None = None


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
