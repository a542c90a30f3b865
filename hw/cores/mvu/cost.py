"""The cost of a matrix-vector unit: its sums, its memories, and where its results wait."""

from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import rom
from hw.cores.mvu import (
    accumulator,
    bitsum,
    constantcost,
    offsets,
    pairsum,
    reuse,
    signedsum,
    stepcost,
)
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.stream import creditfifo


def resources(
    sizes: MvuSizes, *, inputs: int | None = None, starts: Resources | None = None,
    family: Family = ECP5,
) -> Resources:
    """Cost of an `hw.cores.mvu.mvu.Mvu` with random weights.

    Parameters
    ----------
    sizes : MvuSizes
    inputs : int
        Inputs of a beat that differ, as pixels side by side may have some in common; None: all.
    starts : Resources
        What the memory of the thresholds takes, as of `hw.cores.mvu.thresholds.resources`; None:
        nothing, as of counts.
    family : Family
        Whose blocks are counted, and whose form of sums; LUT4 and flip-flops are those of ECP5.
    """
    different = sizes.pixels * sizes.simd if inputs is None else inputs
    if sizes.home == "logic":
        total = _constant_sums(sizes, different)
    elif sizes.home == "steps":
        total = _sums_of_steps(sizes)
    else:
        total = _read_sums(sizes, different, family) + _weights(sizes, family)
    total += _totals(sizes, family)
    total += creditfifo.resources(sizes.result_width, sizes.places, family)
    return total if starts is None else total + starts


def _constant_sums(sizes: MvuSizes, inputs: int) -> Resources:
    """Inputs registered twice, sums for every pixel, and their register."""
    each = constantcost.resources(sizes.outputs, sizes.inputs, sizes.element)
    each += Resources(ff=sizes.pe * (sizes.count_width + 1))
    kept = 2 * inputs * sizes.element
    return Resources(lut=sizes.pixels * each.lut, ff=sizes.pixels * each.ff + kept)


def _sums_of_steps(sizes: MvuSizes) -> Resources:
    """Sums for every pixel with its inputs, their register, and the step."""
    each = stepcost.resources(sizes.pe, sizes.simd, sizes.words)
    step = ceil_log2(sizes.words)
    return Resources(
        lut=sizes.pixels * each.lut + 3 * step,
        ff=sizes.pixels * (each.ff + sizes.pe * (sizes.count_width + 1)) + step,
    )


def _read_sums(sizes: MvuSizes, inputs: int, family: Family) -> Resources:
    """Sums with weights from a memory."""
    pe, simd, pixels, words = sizes.pe, sizes.simd, sizes.pixels, sizes.words
    few = sizes.home == "lut"
    weights = rom.different_registers(sizes.word, words) if few else sizes.word
    named, levels = family.named_sums, sizes.spacing
    if sizes.element > 1:
        total = signedsum.resources(pe, simd, sizes.element, pixels, words=words, inputs=inputs)
    elif sizes.paired:
        total = pairsum.resources(
            pe, simd, pixels, inputs=inputs, weights=weights, named_sums=named, levels=levels
        )
    else:
        total = bitsum.resources(
            pe, simd, pixels, inputs=inputs, constant=words == 1, weights=weights, named_sums=named,
            levels=levels,
        )
    return total - Resources(ff=inputs * sizes.element if sizes.direct else 0)


def _weights(sizes: MvuSizes, family: Family) -> Resources:
    """The memory of the weights, read in as many parts as a word is used cycles."""
    port, parts, home = -(-sizes.word // sizes.reuse), sizes.words * sizes.reuse, sizes.memory
    total = rom.resources(port, parts, home, family)
    total += Resources(ff=rom.registers(port, parts, home, family))
    return total + reuse.resources(sizes.word, sizes.reuse)


def _totals(sizes: MvuSizes, family: Family) -> Resources:
    """Running sums, or what a single addition leaves of them."""
    width, latency = sizes.total_width, sizes.latency
    if sizes.one_addition:
        decides, named = sizes.decides, family.named_sums
        return offsets.resources(sizes.sums, width, latency, decides=decides, named=named)
    beats, passes = sizes.beats, sizes.passes
    return accumulator.resources(sizes.sums, width, beats, passes, latency, reuse=sizes.reuse)
