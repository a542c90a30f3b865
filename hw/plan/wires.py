"""Wires: which foldings, and which designs, nextpnr finds ways for.

A unit's inputs go to all of its outputs, so that a wire is as long as the unit is wide: of a unit
alone on an 85F they take about 2.1 tiles a lane and root of SIMD, 17 of SIMD 64 and 30 of 192
(`benchmarks.wires`). Where a device is nearly full there are not so many.
"""

from hw.plan.plan import Folding, Plan

CROWDED, LARGE = 0.48, 30_000
"""Share of a device's LUT4 above which a design's units have `few` wires, if it takes so many LUT4
at least: those of a smaller one are short. CNV with two layers in steps was not routed at 51,500
LUT4 of an 85F, and was without any at 59,500."""

NARROW = 64
"""SIMD at most, of weights in memories, in a unit of few wires."""

STEPPED = 4_096
"""Lanes at most of a unit with weights in steps. The sums that its outputs share lie anywhere in
it: on an 85F with nothing else those of TFC's first layer, 5,096 lanes in 10 steps, found no way
in twenty minutes."""


def few(folding: Folding) -> bool:
    """True for a unit that can be wired in a crowded device: no weights in steps, and none in
    memories for many inputs at once."""
    if folding.weights == "steps":
        return False
    return folding.weights == "logic" or folding.simd <= NARROW


def routed(folding: Folding) -> bool:
    """True for a unit that can be wired at all."""
    lanes = folding.pe * folding.simd * folding.pixels
    return folding.weights != "steps" or lanes <= STEPPED


def crowded(made: Plan | None) -> bool:
    """True for a design that has too many wires for its LUT4."""
    if made is None or made.estimate.lut <= max(LARGE, CROWDED * made.device.lut):
        return False
    return not all(map(few, made.foldings))
