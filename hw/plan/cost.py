"""What a stage costs in LUT4, flip-flops and EBR before anything is synthesised."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores import pool, scores
from hw.cores.fabric import rom
from hw.cores.mvu import (
    accumulator,
    bitsum,
    constantcost,
    offsets,
    reuse,
    signedsum,
    thresholds,
)
from hw.cores.stream import converter, creditfifo, serialiser, skid
from hw.network.layers import Head, Layer, Network
from hw.plan import cycles, joints, latency, memory, units
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
        self._limits_of: dict[tuple[int, int], np.ndarray] = {}
        self._starts_of: dict[tuple[int, ...], Resources] = {}

    def __call__(self, folding: Folding) -> Resources:
        """All of the stage, in cells of its family."""
        return packed(self._parts(folding), self._family)

    def _parts(self, folding: Folding) -> Resources:
        """Window, product, and what follows it."""
        layer, product = self._layer, self._layer.product
        passes = cycles.passes(product, folding)
        total = units.window(product, folding, self._joint).resources(self._family)
        if not self._joint.takes:
            total += skid.resources(product.geometry.channels * self._element)
        total += self._unit(folding)
        if isinstance(layer, Head):
            total += converter.narrowed(self._count_bits, folding.pe)
            return total + self._scores(layer)
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

    def _unit(self, folding: Folding) -> Resources:
        """The matrix-vector unit with its weights and limits."""
        product, pe, simd = self._layer.product, folding.pe, folding.simd
        sums = folding.pixels * joints.given(self._layer, folding)
        passes, beats = cycles.passes(product, folding), cycles.beats(product, folding)
        lanes, words = pe * simd, passes * beats
        if folding.weights == "logic":
            total = self._constant_sums(folding)
        else:
            total = self._read_sums(folding, words)
            home, family = folding.weights, self._family
            port, parts_read = -(-lanes // folding.held), words * folding.held
            total += rom.resources(port, parts_read, home, family)
            total += Resources(ff=rom.registers(port, parts_read, home, family))
            total += reuse.resources(lanes, folding.held)
        total += self._sums(folding, sums, words)
        results = sums * (self._count_bits if isinstance(self._layer, Head) else 1)
        taken = units.window(product, folding, self._joint).flight + latency.mvu(product, folding)
        words = creditfifo.words(taken, beats, folding.held)
        total += creditfifo.resources(results, words)
        return total if isinstance(self._layer, Head) else total + self._starts(folding)

    def _sums(self, folding: Folding, sums: int, words: int) -> Resources:
        """Running sums, or what a single word of weights leaves of them."""
        product, decides = self._layer.product, isinstance(self._layer, Layer)
        width, taken = self._total_bits, latency.mvu(product, folding)
        if words == 1 and not (decides and len(self._start_words(folding)) > 1):
            named = self._family is ECP5
            return offsets.resources(sums, width, taken, decides=decides, named=named)
        beats, passes = cycles.beats(product, folding), cycles.passes(product, folding)
        return accumulator.resources(sums, width, beats, passes, taken, held=folding.held)

    def _constant_sums(self, folding: Folding) -> Resources:
        """Inputs registered twice, sums for every pixel, and their register."""
        inputs = 2 * self._inputs(folding) * self._element
        each = self._sums_of_a_pixel + Resources(ff=folding.pe * (self._count_bits + 1))
        return Resources(lut=folding.pixels * each.lut, ff=folding.pixels * each.ff + inputs)

    @cached_property
    def _sums_of_a_pixel(self) -> Resources:
        product = self._layer.product
        return constantcost.resources(product.outputs, product.geometry.size, self._element)

    def _read_sums(self, folding: Folding, words: int) -> Resources:
        if self._element == 1:
            return self._bit_sums(folding, words)
        return signedsum.resources(
            folding.pe, folding.simd, self._element, folding.pixels,
            words=words, inputs=self._inputs(folding),
        )  # fmt: skip

    def _bit_sums(self, folding: Folding, words: int) -> Resources:
        lanes = folding.pe * folding.simd
        few = folding.weights == "lut"
        return bitsum.resources(
            folding.pe, folding.simd, folding.pixels, inputs=self._inputs(folding),
            weights=rom.different_registers(lanes, words) if few else lanes, constant=words == 1,
        )

    def _inputs(self, folding: Folding) -> int:
        """Those of a beat that differ."""
        return units.window(self._layer.product, folding, self._joint).inputs

    @property
    def _count_bits(self) -> int:
        size = self._layer.product.geometry.size
        if self._element == 1:
            return size.bit_length()
        return ((size << (self._element - 1)) - 1).bit_length() + 1

    @property
    def _total_bits(self) -> int:
        """Of a running sum, which with limits starts from one of them, negated."""
        return self._count_bits + isinstance(self._layer, Layer)

    def _starts(self, folding: Folding) -> Resources:
        """What running sums start from, wherever weights and buffers live."""
        simd = folding.simd if self._element > 1 else 1
        sizes = folding.pe, folding.pixels, folding.held, simd
        if sizes not in self._starts_of:
            self._starts_of[sizes] = self._start_memory(folding)
        return self._starts_of[sizes]

    def _start_memory(self, folding: Folding) -> Resources:
        """A word for every border class and pass."""
        starts = self._start_words(folding)
        changing = np.bitwise_or.reduce(starts ^ starts[:1, :1], axis=0)
        changing &= (1 << self._total_bits) - 1
        if thresholds.home(len(starts)) == "block":
            bits = int(np.bitwise_count(changing).sum())
            registers = rom.registers(bits, len(starts), "block", self._family)
            return rom.resources(bits, len(starts), "block", self._family) + Resources(ff=registers)
        bits = _columns(starts, self._total_bits)
        return rom.resources(bits, len(starts), "lut") + Resources(ff=bits)

    def _start_words(self, folding: Folding) -> np.ndarray:
        """int64 (words, different pixels, PE): the limits on the count, negated."""
        pe, limits = joints.given(self._layer, folding), self._side_by_side(folding)
        starts = -memory.whole_passes(limits + self._missing(folding.simd), pe)
        classes, turns, pixels, channels = starts.shape
        passes = channels // pe
        starts = starts.reshape(classes, turns, pixels, passes, pe).transpose(0, 3, 1, 2, 4)
        beyond = [(1 << (size - 1).bit_length()) - size for size in (passes, turns)]
        starts = np.pad(starts, ((0, 0), (0, beyond[0]), (0, beyond[1]), (0, 0), (0, 0)))
        return starts.reshape(-1, pixels, pe)

    def _side_by_side(self, folding: Folding) -> np.ndarray:
        """int64 (classes, turns, different pixels, MH): limits of so many pixels at once."""
        shared = folding.pixels, folding.held
        if shared not in self._limits_of:
            assert isinstance(self._layer, Layer), "a head has no limits"
            limits = memory.limits_in_turn(self._layer, *shared)
            self._limits_of[shared] = np.unique(limits, axis=2)
        return self._limits_of[shared]

    def _missing(self, simd: int) -> np.ndarray | int:
        """By how much the lanes of integers give too much, channel by channel: they go in pairs,
        and only the first one's sign is made good for."""
        if self._element == 1:
            return 0
        product = self._layer.product
        negative = product.weights.reshape(product.outputs, -1) < 0
        lanes = np.arange(negative.shape[1]) % simd
        return negative[:, lanes % 2 == 1].sum(axis=1).repeat(self._layer.copies)

    def _scores(self, head: Head) -> Resources:
        multipliers, offsets = memory.head_affine(head)
        positions, classes = head.product.geometry.positions, head.product.outputs
        if self._element == 1:
            counts = np.array([0, (1 << self._count_bits) - 1])
        else:
            counts = np.array([-1, 1]) << (self._count_bits - 1)
        sums = positions * counts
        made = np.multiply.outer(multipliers, sums) + offsets[:, None]
        kept = sum(_bits(each) for each in (multipliers, offsets) if len(set(each)) > 1)
        total = scores.resources(
            classes=classes, total=_bits(sums), constants=kept, score=_bits(made)
        )
        if positions == 1:
            return total
        return total + scores.sums_resources(_bits(sums), classes, self._family)


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
    return packed(link + waiting + beat + _lookup(network, pixels), family)


def packed(total: Resources, family: Family) -> Resources:
    """What LUT4 and flip-flops of ECP5 are in another family, of which ``lut`` are logic cells."""
    lut, ff = family.cells
    return replace(total, lut=round(lut * total.lut + ff * total.ff))


def _lookup(network: Network, pixels: int) -> Resources:
    """The input tables in LUTs: a function of 8 bits for every bit of an entry."""
    product = network.products[0]
    bits = memory.element_bits(product)
    codes = (network.table > 0).astype(int) if product.binary else network.table
    columns = [channel >> bit & 1 for channel in codes for bit in range(bits)]
    return Resources(lut=pixels * sum(map(_function, columns)), ff=pixels * len(columns) + 1)


def _function(column: np.ndarray) -> int:
    """About the LUT4 of a function of 8 bits, (256,): one for each different function of the low
    four, and a choice between them by the high four; a wire costs nothing."""
    byte = np.arange(256)
    if any(len(set(column ^ (byte >> bit & 1))) == 1 for bit in range(8)):
        return 0
    low = column.reshape(16, 16)
    kinds = {tuple(row) for row in low}
    needed = {min(row, tuple(1 - value for value in row)) for row in kinds if len(set(row)) > 1}
    return len(needed) + len(kinds) - 1


def _columns(words: np.ndarray, bits: int) -> int:
    """How many columns of up to 64 words, int64 (words, ...), differ and are no constants."""
    numbers = np.arange(len(words), dtype=np.uint64).reshape(-1, *[1] * (words.ndim - 1))
    columns = [
        (((words >> bit) & 1).astype(np.uint64) << numbers).sum(axis=0, dtype=np.uint64)
        for bit in range(bits)
    ]
    every = (1 << len(words)) - 1
    return len(set(np.unique(columns).tolist()) - {0, every})


def _bits(values: np.ndarray) -> int:
    """Of the narrowest signed integer that holds them all."""
    return max(int(value if value >= 0 else ~value).bit_length() for value in values.flat) + 1
