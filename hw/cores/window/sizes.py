"""Sizes of a sliding window, and what follows from them: latency, buffer, cost."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import ram
from hw.cores.fabric.home import Home
from hw.cores.fitted import Coefficients, fitted
from hw.cores.window import depth
from hw.cores.window.geometry import WindowGeometry

SHALLOW = 32
"""Up to so many words a buffer lives in distributed memory: 4 LUT4 for each bit of a word, where an
18 kbit block, of which a device has one for every 400 LUT4, takes 36."""


@dataclass(frozen=True, kw_only=True)
class WindowSizes:
    """Sizes of a `hw.cores.window.window.Window`.

    Parameters
    ----------
    geometry : WindowGeometry
        What slides over what. A position is ``geometry.columns.pixels`` output pixels side by
        side, read in ``geometry.reuse`` cycles, as many at once in each. Pixels come in words of
        ``geometry.beat``.
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
    def word(self) -> int:
        """Bits that come at once, and of a word of the buffer: of a pixel, of several, or of the
        slice of a pixel that a beat reads, so that nothing is read that is not needed."""
        return self.geometry.beat * self.pixel // self.parts

    @property
    def slices(self) -> int:
        """Beats of a tap."""
        return slices(self.channels, self.simd)

    @property
    def parts(self) -> int:
        """Words of a pixel."""
        return parts(self.channels, self.simd, self.geometry.beat)

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
        return self.passes * self.geometry.reuse * self.groups * self.slices

    @property
    def ahead(self) -> int:
        """Positions that may wait, so that one is there whenever another ends: a place that was
        left can be filled three cycles later."""
        return 3 if self.step == 1 else 2

    @property
    def flight(self) -> int:
        """Cycles from where a beat sets out to where it comes: address, memory, slice, output."""
        return 4 if self.picks else 3

    @property
    def picks(self) -> bool:
        """True where a part of each word that is read is chosen: a slice of it, or a pixel of
        several."""
        return self.slices > self.parts or self.turning > 0

    @property
    def turning(self) -> int:
        """Taps read in a cycle that are now one pixel of their word and now another."""
        return self.geometry.turning(self.together)

    @property
    def latency(self) -> int:
        """Cycles from a position's last word to its first beat: level, position, `flight`."""
        return 2 + self.flight

    @cached_property
    def depth(self) -> int:
        """Places of the buffer, each of a pixel or of several that come at once; a power of two."""
        return depth.depth(self.geometry, self.step, self.parts)

    @property
    def words(self) -> int:
        """Words of the buffer; those of a pixel are as many as a power of two."""
        return self.depth << ceil_log2(self.parts)

    @property
    def home(self) -> Home:
        """The home of the buffer: LUTs where it is shallow, else the one that is wanted."""
        return "lut" if self.words <= SHALLOW else self.buffer

    @property
    def memories(self) -> int:
        """Copies of the buffer, one for each place that is read in a cycle."""
        return self.geometry.memories(self.together)

    @property
    def inputs(self) -> int:
        """Inputs of a beat that differ: pixels side by side have some in common."""
        return self.geometry.sources(self.together) * min(self.simd, self.channels)

    def resources(self, family: Family = ECP5) -> Resources:
        """Cost of the window: its memories, positions, level and loops, fitted to synthesised
        stages (`benchmarks.stages`)."""
        memory, counted = self.memory(family), self.counted
        written = self.word if family.few_registers else 0
        return Resources(
            lut=round(lut(self, memory, counted)),
            ff=round(ff(self, memory, counted)) - written,
            ebr=self.memories * memory.ebr,
        )

    def memory(self, family: Family = ECP5) -> Resources:
        """Cost of one copy of the buffer."""
        return ram.resources(self.word, self.words, self.home, family)

    @property
    def counted(self) -> "Counted":
        """Bits that the cost is counted from."""
        geometry = self.geometry
        columns, address = geometry.columns.steps, ceil_log2(self.depth)
        corner = address if geometry.positions > 1 else 0
        position = corner + (columns > 1)
        if geometry.padded:
            position += geometry.rows.kernel + geometry.columns.kernel * geometry.columns.pixels
        return Counted(
            address=address,
            corner=corner,
            walk=address if self.groups * geometry.reuse > 1 else 0,
            inner=sum(map(ceil_log2, (geometry.reuse, self.slices, self.groups, self.passes))),
            outer=ceil_log2(columns) + 2 * ceil_log2(geometry.rows.outputs),
            position=position,
        )


def slices(channels: int, simd: int) -> int:
    """Beats of a tap."""
    return max(channels // simd, 1)


def parts(channels: int, simd: int, beat: int) -> int:
    """Words of a pixel: as many as beats read it, unless several pixels come at once."""
    return slices(channels, simd) if beat == 1 else 1


class Counted(NamedTuple):
    """Bits of a window's registers.

    Parameters
    ----------
    address : of a place in the buffer.
    corner : of the address of a position's first tap, where there are several positions.
    walk : of the address that goes from there over the taps, where there are several.
    inner, outer : of loops within a position, and over positions.
    position : of all that is known of a position: its corner, and what of it is padding.
    """

    address: int
    corner: int
    walk: int
    inner: int
    outer: int
    position: int


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of a window: of control, of each bit that is counted, of a bit of an address more; of a
    bit's choice between one slice of a pixel more, and of one in a memory, by LUT4 of a memory
    alone."""

    control: float = 53
    corner: float = 2.8
    walk: float = 1.4
    places: float = 2
    inner: float = 3.1
    outer: float = 2.6
    position: float = 2.3
    slices: float = 0.77
    memory: float = 1.1


@dataclass(frozen=True, kw_only=True)
class Ff(Coefficients):
    """Flip-flops of a window: of each bit that is counted, of a bit that is read in a cycle, and of
    the padding of a tap that is read in a cycle."""

    loops: float = 2.9
    position: float = 0.7
    walk: float = 5.7
    read: float = 1.05
    padding: float = 4.7


@fitted(Lut())
def lut(c: Lut, sizes: WindowSizes, memory: Resources, counted: Counted) -> float:
    """LUT4 of a window with copies of such a memory."""
    pixels, beat = sizes.geometry.at_once, sizes.simd * sizes.element
    places, address = sizes.memories, counted.address
    lut = c.control + c.corner * counted.corner + c.walk * counted.walk
    lut += c.places * (places - 1) * address
    lut += c.inner * counted.inner + c.outer * counted.outer + c.position * counted.position
    lut += c.slices * sizes.turning * sizes.pixel * (sizes.geometry.beat - 1)
    chosen = sizes.slices // sizes.parts - 1
    return lut + (c.slices * pixels * beat * chosen + c.memory * places * memory.lut)


@fitted(Ff())
def ff(c: Ff, sizes: WindowSizes, memory: Resources, counted: Counted) -> float:
    """Flip-flops of a window with copies of such a memory."""
    geometry, places, word = sizes.geometry, sizes.memories, sizes.word
    # Neighbouring pixels read the same places.
    read = sizes.inputs * sizes.element + places * word * sizes.picks
    ff = word + places * counted.address + c.loops * (counted.inner + counted.outer)
    ff = ff + c.position * counted.position + c.walk * counted.walk + c.read * read
    kept = places * (memory.ff + word * (sizes.home == "lut"))
    return ff + (kept + c.padding * geometry.padded * geometry.at_once * sizes.together)
