"""What a stage costs in LUT4, flip-flops and EBR before anything is synthesised."""

from dataclasses import replace

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores import lookup, pool, scores
from hw.cores.mvu import cost as unit
from hw.cores.mvu import signedsum, thresholds
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import whole_passes
from hw.cores.stream import converter, creditfifo, serialiser, skid
from hw.network.layers import Head, Layer, Network
from hw.plan import joints, memory, units
from hw.plan.joints import PIXELS, Joint
from hw.plan.link import NONE, buffer, image_bytes
from hw.plan.plan import Folding, Slots


class StageCost:
    """The costs of one layer under any folding, without the `regroup` that parts go through.

    What is the same for every folding, above all the limits of its channels, is worked out once.
    """

    def __init__(
        self, layer: Layer | Head, joint: Joint = PIXELS, *, family: Family = ECP5
    ) -> None:
        self._layer, self._joint, self._family = layer, joint, family
        self._element = memory.element_bits(layer.product)
        self._limits_of: dict[tuple[int, ...], np.ndarray] = {}
        self._starts_of: dict[tuple[int, ...], Resources] = {}

    def __call__(self, folding: Folding) -> Resources:
        """All of the stage, in cells of its family."""
        return packed(self._parts(folding), self._family)

    def _parts(self, folding: Folding) -> Resources:
        """Window, product, and what follows it."""
        layer, product = self._layer, self._layer.product
        window = units.window(product, folding, self._joint)
        sizes = units.mvu(layer, folding, window)
        passes = sizes.passes
        total = window.resources(self._family)
        if not self._joint.takes:
            total += skid.resources(product.geometry.channels * self._element)
        total += unit.resources(
            sizes, inputs=window.inputs, starts=self._starts(sizes), family=self._family
        )
        if isinstance(layer, Head):
            total += converter.narrowed(sizes.count_width, folding.pe)
            return total + self._scores(layer, sizes)
        if not joints.in_parts(layer, folding, self._joint):
            beats = passes * folding.held
            total += converter.widened(folding.pixels * joints.given(layer, folding), beats)
        if folding.together > 1:
            total += serialiser.resources(layer.channels, folding.together)
        if layer.pool:
            geometry = layer.pool.geometry
            taps = units.pool_window(geometry, folding)
            total += taps.resources(self._family)
            total += pool.resources(geometry.channels, geometry.taps)
            words = creditfifo.words(taps.flight + pool.LATENCY, geometry.taps)
            total += creditfifo.resources(geometry.channels, words)
        return total

    def _starts(self, sizes: MvuSizes) -> Resources | None:
        """What running sums start from, wherever weights and buffers live."""
        if isinstance(self._layer, Head):
            return None
        simd = sizes.simd if sizes.element > 1 else 1
        differing = sizes.pe, sizes.pixels, sizes.held, simd
        if differing not in self._starts_of:
            limits = self._side_by_side(sizes.pixels, sizes.held)
            words = thresholds.start_words(sizes, limits, self._excess(sizes))
            self._starts_of[differing] = thresholds.resources(sizes, words, self._family)
        return self._starts_of[differing]

    def _side_by_side(self, *shared: int) -> np.ndarray:
        """int64 (classes, turns, different pixels, MH): limits of so many pixels at once, in so
        many turns."""
        if shared not in self._limits_of:
            assert isinstance(self._layer, Layer), "a head has no limits"
            limits = memory.limits_in_turn(self._layer, *shared)
            self._limits_of[shared] = np.unique(limits, axis=2)
        return self._limits_of[shared]

    def _excess(self, sizes: MvuSizes) -> np.ndarray:
        """By how much lanes give more than a count, row by row: as if nothing for idle rows, which
        are few, and for bits, of which it is known only once their sums are made in logic."""
        if sizes.element == 1:
            return np.zeros(sizes.passes * sizes.pe, np.int64)
        weights = self._layer.product.weights.reshape(sizes.outputs, -1)
        return whole_passes(signedsum.excess(weights, sizes.simd), sizes.pe)

    def _scores(self, head: Head, sizes: MvuSizes) -> Resources:
        multipliers, offsets = memory.head_affine(head)
        return scores.resources(
            count=sizes.count_shape, positions=head.product.geometry.positions,
            multipliers=multipliers.tolist(), offsets=offsets.tolist(), family=self._family,
        )  # fmt: skip


def stage(
    layer: Layer | Head,
    folding: Folding,
    joint: Joint = PIXELS,
    arriving: int | None = None,
    *,
    family: Family = ECP5,
) -> Resources:
    """The cost of one layer under one folding; ``arriving`` inputs of a beat where it takes parts,
    None: those of a pixel."""
    total = StageCost(layer, joint, family=family)(folding)
    if not joint.takes:
        return total
    product = layer.product
    element = memory.element_bits(product)
    taken = (arriving or product.geometry.channels) * element
    return total + regroup(taken, folding.simd * element, family)


def regroup(taken: int, given: int, family: Family = ECP5) -> Resources:
    """The cost of a register and parts of ``given`` bits of those of ``taken``."""
    return packed(skid.resources(taken) + converter.converted(taken, given), family)


def surroundings(
    network: Network, pixels: int = 1, slots: Slots = NONE, *, family: Family = ECP5
) -> Resources:
    """What no folding changes: input table, and the board's clock, serial line and link with its
    ``slots``; of so many ``pixels`` in a beat."""
    channels = network.input_shape[0]
    link = Resources(lut=550 + 5 * (channels - 1), ff=322)
    link += buffer(image_bytes(network), slots, family)
    # Requests wait in distributed memory, or in a block.
    waiting = Resources(ebr=0 if family.lut_memory else 1)
    # Bytes are gathered to a beat, of which every one has a table of its own.
    beat = converter.widened(8, channels * pixels) - converter.widened(8, channels)
    element = memory.element_bits(network.products[0])
    table = lookup.resources(network.table.tolist(), element, pixels)
    return packed(link + waiting + beat + table, family)


def packed(total: Resources, family: Family) -> Resources:
    """What LUT4 and flip-flops of ECP5 are in another family, of which ``lut`` are logic cells."""
    lut, ff = family.cells
    return replace(total, lut=round(lut * total.lut + ff * total.ff))
