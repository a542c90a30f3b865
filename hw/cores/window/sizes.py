"""Sizes of a sliding window, and what follows from them: latency, buffer, cost."""

from dataclasses import dataclass
from functools import cached_property

from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.home import Home
from hw.cores.window import depth
from hw.cores.window.geometry import WindowGeometry

SHALLOW = 32
"""Up to this depth a buffer lives in distributed memory: 4 LUT4 for each bit of a pixel, where an
18 kbit block, of which a device has one for every 400 LUT4, takes 36."""


@dataclass(frozen=True, kw_only=True)
class WindowSizes:
    """Sizes of a `hw.cores.window.window.Window`.

    Parameters
    ----------
    geometry : WindowGeometry
        What slides over what. A position is ``geometry.columns.pixels`` output pixels side by
        side, read in ``geometry.turns``, as many at once in each.
    channels, element : int
        Elements of a pixel, and bits of an element.
    simd : int
        Inputs of a beat: divides ``channels``, or is ``channels * t`` with t dividing the taps.
    passes : int
        How often each window is repeated (output channels / PE).
    buffer : "block" or "lut"
        Where its buffer lives, unless that is too shallow to fill a block.

    Raises
    ------
    ValueError
        SIMD does not fit the channels and taps.
    """

    geometry: WindowGeometry
    channels: int
    simd: int
    element: int = 1
    passes: int = 1
    buffer: Home = "block"

    def __post_init__(self) -> None:
        simd, channels, taps = self.simd, self.channels, self.geometry.taps
        slices = simd > 0 and channels % simd == 0
        together = simd > 0 and simd % channels == 0 and taps % (simd // channels) == 0
        if not (slices or together):
            raise ValueError(
                f"SIMD {simd} neither divides {channels} channels nor is them times a divisor of "
                f"{taps} taps"
            )

    @property
    def pixel(self) -> int:
        """Bits of a pixel."""
        return self.channels * self.element

    @property
    def slices(self) -> int:
        """Beats of a tap."""
        return max(self.channels // self.simd, 1)

    @property
    def together(self) -> int:
        """Taps of a beat."""
        return max(self.simd // self.channels, 1)

    @property
    def groups(self) -> int:
        """Taps of a pass, those of a beat counted as one."""
        return self.geometry.taps // self.together

    @property
    def step(self) -> int:
        """Beats, and so cycles, of a position."""
        return self.passes * self.geometry.turns * self.groups * self.slices

    @property
    def flight(self) -> int:
        """Cycles from where a beat sets out to where it comes: address, memory, slice, output."""
        return 3 if self.slices == 1 else 4

    @property
    def latency(self) -> int:
        """Cycles from a position's last pixel to its first beat: level, position, `flight`."""
        return 2 + self.flight

    @cached_property
    def depth(self) -> int:
        """Pixels of the buffer, a power of two."""
        return depth.depth(self.geometry, self.step)

    @property
    def home(self) -> Home:
        """Where the buffer lives."""
        return "lut" if self.depth <= SHALLOW else self.buffer

    @property
    def memories(self) -> int:
        """Copies of the buffer, one for each place that is read in a cycle."""
        return self.geometry.memories(self.together)

    @property
    def inputs(self) -> int:
        """Inputs of a beat that differ: pixels side by side have some in common."""
        return self.memories * min(self.simd, self.channels)

    def resources(self, family: Family = ECP5) -> Resources:
        """Cost of the window: its memories, positions, level and loops, fitted to synthesised
        stages (`benchmarks.stages`)."""
        geometry, places = self.geometry, self.memories
        pixels, beat = geometry.at_once, self.simd * self.element
        memory = ram.resources(self.pixel, self.depth, self.home, family)
        columns, padded = geometry.columns.steps, geometry.padded
        address = ceil_log2(self.depth)
        corner = address if geometry.positions > 1 else 0
        position = corner + (columns > 1)
        if padded:
            position += geometry.rows.kernel + geometry.columns.kernel * geometry.columns.pixels
        inner = sum(map(ceil_log2, (geometry.turns, self.slices, self.groups, self.passes)))
        outer = ceil_log2(columns) + 2 * ceil_log2(geometry.rows.outputs)
        walk = address if self.groups * geometry.turns > 1 else 0
        lut = 53 + 2.8 * corner + 1.4 * walk + 2 * (places - 1) * address
        lut += 3.1 * inner + 2.6 * outer + 2.3 * position
        lut += 0.77 * pixels * beat * (self.slices - 1) + 1.1 * places * memory.lut
        # Neighbouring pixels read the same places.
        read = places * min(self.pixel, beat) + places * self.pixel * (self.slices > 1)
        ff = self.pixel + places * address + 2.9 * (inner + outer) + 0.7 * position + 5.7 * walk
        ff += 1.05 * read
        kept = places * (memory.ff + self.pixel * (self.home == "lut"))
        ff += kept + 4.7 * padded * pixels * self.together
        return Resources(lut=round(lut), ff=round(ff), ebr=places * memory.ebr)
