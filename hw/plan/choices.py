"""The choices: every folding of a layer worth considering, with its cycles and its cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product as triples

from boards.board import Family
from boards.families import ECP5
from hw.network.layers import Head, Layer
from hw.plan import cycles, memories
from hw.plan.cost import StageCost
from hw.plan.joints import PIXELS, Joint
from hw.plan.memory import pe_choices, pixel_choices, simd_choices
from hw.plan.plan import Folding, Home, Resources

HOMES: tuple[Home, ...] = ("block", "lut")


@dataclass(frozen=True)
class Choice:
    """A folding of one layer: cycles of a frame, and the fabric it takes."""

    folding: Folding
    cycles: int
    estimate: Resources

    @cached_property
    def cells(self) -> int:
        """Logic cells: one holds a LUT4 and a flip-flop, so the scarcer of the two counts."""
        return max(self.estimate.lut, self.estimate.ff)


def choices(
    layer: Layer | Head, joint: Joint = PIXELS, *, family: Family = ECP5
) -> list[Choice]:
    """Every choice of a layer that no other choice beats in cycles, cells and EBR together."""
    cost = StageCost(layer, joint, family=family)
    known = [
        Choice(folding, cycles.frame(layer, folding), cost(folding))
        for folding in foldings(layer, joint)
    ]
    known.sort(key=lambda each: (each.cycles, each.cells, each.estimate.ebr))
    kept: list[Choice] = []
    for choice in known:
        if not any(
            other.cells <= choice.cells and other.estimate.ebr <= choice.estimate.ebr
            for other in kept
        ):
            kept.append(choice)
    return kept


def foldings(layer: Layer | Head, joint: Joint = PIXELS) -> Iterator[Folding]:
    """Every folding that is worth building, but for more pixels at once than there are cycles to
    pass them on. A head gives its counts one by one, and a vector's parts go on in its order: both
    take a pixel at a time."""
    product = layer.product
    alone = isinstance(layer, Head) or joint.gives
    several = [1] if alone else pixel_choices(product.geometry)
    for pe in pe_choices(product):
        for simd in simd_choices(product.geometry, vector=joint.takes):
            words = product.outputs // pe * (product.geometry.size // simd)
            at_once = [pixels for pixels in several if pixels <= words]
            homes = memories.weights_homes(words)
            for pixels, weights, buffers in triples(at_once, homes, HOMES):
                yield Folding(
                    pe=pe, simd=simd, weights=weights, buffers=buffers, pixels=pixels
                )
