"""The choices: every folding of a layer worth considering, with its cycles and its cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as triples

import numpy as np

from hw.network.layers import Head, Layer
from hw.plan import cycles, memories
from hw.plan.cost import StageCost
from hw.plan.memory import pe_choices, pixel_choices, simd_choices
from hw.plan.plan import Folding, Home, Resources

HOMES: tuple[Home, ...] = ("block", "lut")


@dataclass(frozen=True)
class Choice:
    """A folding of one layer: cycles of a frame, and the fabric it takes."""

    folding: Folding
    cycles: int
    estimate: Resources


def choices(layer: Layer | Head) -> list[Choice]:
    """Every choice of a layer that no other is as good as in cycles, LUT4, flip-flops and EBR
    together, from the fastest on."""
    cost = StageCost(layer)
    known = [
        Choice(folding, cycles.frame(layer, folding), cost(folding))
        for folding in foldings(layer)
    ]
    figures = np.array([(one.cycles, *one.estimate.figures) for one in known])
    kept: list[int] = []
    for index in np.lexsort(figures.T[::-1]):
        if not (figures[kept] <= figures[index]).all(axis=1).any():
            kept.append(index)
    return [known[index] for index in kept]


def foldings(layer: Layer | Head) -> Iterator[Folding]:
    """Every folding that is worth building, but for more pixels at once than there are cycles to
    pass them on. A head gives its counts one by one: it takes a pixel at a time."""
    product = layer.product
    several = [1] if isinstance(layer, Head) else pixel_choices(product.geometry)
    for pe in pe_choices(product):
        for simd in simd_choices(product.geometry):
            words = product.outputs // pe * (product.geometry.size // simd)
            at_once = [pixels for pixels in several if pixels <= words]
            homes = memories.weights_homes(words)
            for pixels, weights, buffers in triples(at_once, homes, HOMES):
                yield Folding(
                    pe=pe, simd=simd, weights=weights, buffers=buffers, pixels=pixels
                )
