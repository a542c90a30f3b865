"""A board: its devices with their capacities, its pins, clock and link to the host."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, kw_only=True)
class Family:
    """What plans need to know of the fabric that all devices of a family are made of.

    Parameters
    ----------
    name : as Amaranth's platforms have it.
    blocks : bits of a port and words of every shape a memory block takes, widest first.
    lut_memory : whether LUTs can be memory that is written; else only blocks and flip-flops are.
    named_sums : whether sums are rows of carry cells that cores name; else synthesis makes them.
    cells : logic cells of a design for each LUT4 and for each flip-flop, as plans count them for
        ECP5: a flip-flop costs a cell where it takes nothing but what the cell's LUT4 gives.
    """

    name: str
    blocks: tuple[tuple[int, int], ...]
    lut_memory: bool
    named_sums: bool
    cells: tuple[float, float]

    @property
    def bytes_of_a_block(self) -> int:
        """Words of 8 bits in a memory block."""
        return max(words for bits, words in self.blocks if bits >= 8)

    @property
    def block_kbit(self) -> float:
        """Capacity of a memory block in kbit."""
        width, words = self.blocks[0]
        return width * words / 1024


@dataclass(frozen=True, kw_only=True)
class Device:
    """One FPGA variant of a board. Capacities are the fabric's, from the family datasheet."""

    name: str
    family: Family
    lut: int
    ff: int
    ebr: int


class Light(IntEnum):
    """A signal that an LED can show, by its number in `hw.design.top.BoardLogic.leds`."""

    BEAT = 0
    """About 1 Hz at 80 MHz."""
    BUSY = 1
    """An image is on the way."""
    FAULT = 2
    """The last frame had a fault."""
    CLASS_0 = 3
    """The last class in five bits, this one the lowest."""
    CLASS_1 = 4
    CLASS_2 = 5
    CLASS_3 = 6
    CLASS_4 = 7


@dataclass(frozen=True, kw_only=True)
class Board:
    """All that is known of a board; how its family makes the clock and the reset is in
    `hw.design`.

    Parameters
    ----------
    name : that of its file in `boards.known`.
    platform : dotted path of an Amaranth platform class, with one ``{}`` for the variant if it has
        one; it has a ``uart`` and as many ``led`` as ``leds`` needs.
    devices : by variant.
    oscillator : Hz.
    oscillator_pin : the platform's resource that the oscillator drives.
    clock : Hz, that of plans where none is asked for.
    baud : Hz, of the serial line.
    leds : what each LED shows, from the platform's number 0.
    """

    name: str
    platform: str
    devices: dict[str, Device]
    default_variant: str
    oscillator: float
    oscillator_pin: str
    clock: float
    baud: int
    leds: tuple[Light, ...]

    @property
    def family(self) -> Family:
        """That of all its devices."""
        return self.devices[self.default_variant].family
