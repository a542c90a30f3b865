"""Wires: which foldings, and which designs, nextpnr finds ways for.

A unit's inputs go to all of its outputs, so that a wire is as long as the unit is wide. Lengths are
in tiles of ECP5, of eight LUT4, as `benchmarks.wires` measures them of a layer of CNV that is
placed alone.
"""

from math import sqrt

from hw.plan.plan import Folding, Plan

TILE = 8
"""LUT4 of a tile."""

LANE, SYNAPSE = 2.1, 4.6
"""Tiles of wire: of a lane and root of SIMD where weights are in memories or steps, 17 a lane of
SIMD 64 and 30 of 192; and of a weight in logic."""

CROWDED = 45
"""Tiles of wire for each tile of the device above which a design's units have `few`. CNV on a 45F
with 48 of them was not routed in sixteen minutes, nor by nextpnr's other router; on an 85F with 59
it was in fifty, at 85 MHz but for one register, and not with two of its large layers in steps."""

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
    return folding.weights != "steps" or folding.products <= STEPPED


def length(folding: Folding) -> float:
    """Tiles of the wires of a unit."""
    of_one = SYNAPSE if folding.weights == "logic" else LANE * sqrt(folding.simd)
    return of_one * folding.products


def crowded(made: Plan | None) -> bool:
    """True for a design that has too many wires for its device, as some unit has not `few`."""
    if made is None or all(map(few, made.foldings)):
        return False
    tiles = made.device.lut / TILE
    return sum(map(length, made.foldings)) > CROWDED * tiles
