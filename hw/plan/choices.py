"""The choices: every folding of a layer worth considering, with its cycles and its cost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.plan import wires
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.layer import Layer
from hw.plan.plan import Folding


@dataclass(frozen=True)
class Choice:
    """A folding of one layer: cycles of a frame, and the fabric it takes.

    ``takes`` and ``gives`` are the bits of the beats of a vector that it reads and hands on; 0
    where it does so by pixels. ``estimate`` is without what makes the ones of the others.
    """

    folding: Folding
    cycles: int
    estimate: Resources
    takes: int = 0
    gives: int = 0


def choices(
    layer: Layer, formats: Formats = PIXELS, beats: Beats = SINGLE, *, family: Family = ECP5,
    crowded: bool = False,
) -> list[Choice]:
    """Every choice of a layer that no other of the same formats is as good as in cycles, LUT4,
    flip-flops and EBR together, from the fastest on; none where no folding has such ``beats``.
    In a ``crowded`` device there are those alone that have `hw.plan.wires.few` wires."""
    cost = layer.cost(formats, family=family)
    known = [
        Choice(
            folding, layer.interval(folding, formats), cost(folding),
            takes=layer.takes(folding, formats),
            gives=layer.handed(folding, formats) if formats.gives else 0,
        )
        for folding in foldings(layer, formats, family, beats)
        if wires.routed(folding) and (wires.few(folding) or not crowded)
    ]
    if not known:
        return []
    figures = np.array([(one.cycles, *one.estimate.figures) for one in known])
    ends = np.array([(one.takes, one.gives) for one in known])
    kept: list[int] = []
    for index in np.lexsort(figures.T[::-1]):
        as_good = (figures[kept] <= figures[index]).all(axis=1)
        if not (as_good & (ends[kept] == ends[index]).all(axis=1)).any():
            kept.append(index)
    return [known[index] for index in kept]


def foldings(
    layer: Layer, formats: Formats = PIXELS, family: Family = ECP5, beats: Beats = SINGLE
) -> Iterator[Folding]:
    """Every folding of a layer, with registers as the family has them."""
    every = layer.foldings(formats, beats)
    if not family.few_registers:
        return every
    return (replace(folding, few_registers=True) for folding in every)
