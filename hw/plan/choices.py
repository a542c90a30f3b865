"""The choices: every folding of a layer worth considering, with its cycles and its cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as triples

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.home import Home
from hw.cores.mvu import sizes
from hw.network.layers import Head, Layer
from hw.plan import cycles, joints, memory
from hw.plan.cost import StageCost
from hw.plan.joints import PIXELS, Joint
from hw.plan.memory import held_choices, pe_choices, pixel_choices, simd_choices
from hw.plan.plan import Folding

HOMES: tuple[Home, ...] = ("block", "lut")


@dataclass(frozen=True)
class Choice:
    """A folding of one layer: cycles of a frame, and the fabric it takes.

    ``takes`` and ``gives`` are the bits of the parts of a vector that it reads and hands on; 0
    where it does so by pixels. ``estimate`` is without what makes the ones of the others.
    """

    folding: Folding
    cycles: int
    estimate: Resources
    takes: int = 0
    gives: int = 0


def choices(
    layer: Layer | Head, joint: Joint = PIXELS, *, family: Family = ECP5
) -> list[Choice]:
    """Every choice of a layer that no other of the same joints is as good as in cycles, LUT4,
    flip-flops and EBR together, from the fastest on."""
    cost, element = StageCost(layer, joint, family=family), memory.element_bits(layer.product)
    known = [
        Choice(
            folding, cycles.frame(layer, folding, joint), cost(folding),
            takes=folding.simd * element * joint.takes,
            gives=_gives(layer, folding, joint),
        )
        for folding in foldings(layer, joint)
    ]
    figures = np.array([(one.cycles, *one.estimate.figures) for one in known])
    ends = np.array([(one.takes, one.gives) for one in known])
    kept: list[int] = []
    for index in np.lexsort(figures.T[::-1]):
        as_good = (figures[kept] <= figures[index]).all(axis=1)
        if not (as_good & (ends[kept] == ends[index]).all(axis=1)).any():
            kept.append(index)
    return [known[index] for index in kept]


def _gives(layer: Layer | Head, folding: Folding, joint: Joint) -> int:
    if isinstance(layer, Head) or not joint.gives:
        return 0
    return joints.handed(layer, folding, joint)


def foldings(layer: Layer | Head, joint: Joint = PIXELS) -> Iterator[Folding]:
    """Every folding that is worth building, but for more pixels at once than there are cycles to
    pass them on. A head gives its counts one by one: of a pixel at a time, and of as many channels
    in every pass. Only of a block's ports is there anything to save by words that are held."""
    product, alone = layer.product, isinstance(layer, Head)
    several = [1] if alone else pixel_choices(product.geometry)
    for pe in pe_choices(product, even=alone):
        for simd in simd_choices(product.geometry, vector=joint.takes):
            words = sizes.passes(product.outputs, pe) * (product.geometry.size // simd)
            at_once = [pixels for pixels in several if pixels <= words]
            homes = sizes.homes(words)
            for pixels, weights, buffers in triples(at_once, homes, HOMES):
                one_turn = alone or weights != "block"
                for held in [1] if one_turn else held_choices(product, pixels):
                    yield Folding(
                        pe=pe, simd=simd, weights=weights, buffers=buffers, pixels=pixels,
                        held=held,
                    )  # fmt: skip
