"""A board: its devices with their capacities, its pins, clock and link to the host."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, kw_only=True)
class Family:
    """The fabric of a family of devices, as far as plans need it.

    Parameters
    ----------
    name : name of the family in Amaranth's platforms.
    blocks : shapes of a memory block, as bits of a port and number of words, widest first.
    lut_memory : True if LUTs can be writable memory; otherwise only blocks and flip-flops can.
    named_sums : True if sums are rows of carry cells that cores name; otherwise synthesis makes
        them.
    cells : logic cells for each LUT4 and for each flip-flop of a plan's estimate for ECP5. Where
        the only input of a flip-flop is its cell's LUT4, one without a LUT4 takes a cell.
    few_registers : True if cores leave out registers that only a fast clock needs, as each that has
        no LUT4 before it takes a logic cell.
    multiplier : bits of each factor, in two's complement, of a block that multiplies; 0 if no
        device has such blocks.
    """

    name: str
    blocks: tuple[tuple[int, int], ...]
    lut_memory: bool
    named_sums: bool
    cells: tuple[float, float]
    few_registers: bool
    multiplier: int

    @property
    def bytes_of_a_block(self) -> int:
        """Number of words of 8 bits in a memory block."""
        return max(words for bits, words in self.blocks if bits >= 8)

    @property
    def block_kbit(self) -> float:
        """Capacity of a memory block in kbit."""
        width, words = self.blocks[0]
        return width * words / 1024


@dataclass(frozen=True, kw_only=True)
class Device:
    """One FPGA variant of a board, with the capacities of its fabric from the datasheet;
    ``multipliers`` are blocks that multiply."""

    name: str
    family: Family
    lut: int
    ff: int
    ebr: int
    multipliers: int = 0


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
class Pins:
    """Pins that a board's platform names no ``uart`` or ``led`` for, by their names in the package
    (``N17``) or in a connector of the platform (``io_0:0``).

    Parameters
    ----------
    rx, tx : of the serial line, seen from the FPGA; empty if the platform has a ``uart``.
    leds : of the LEDs, from number 0; empty if the platform has ``led``. They light while low.
    attributes : of all these pins, as the platform's family spells them; with a pull-up, a line
        that no adapter is on stays quiet.
    """

    rx: str = ""
    tx: str = ""
    leds: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board. Clock and reset of its family are made in `hw.design`.

    Parameters
    ----------
    name : name of its file in `boards.known`.
    platform : dotted path of an Amaranth platform class, with one ``{}`` for the variant if it has
        one; it has a ``uart`` and as many ``led`` as ``leds`` needs, or ``pins`` has them.
    devices : devices by variant.
    oscillator : frequency of the oscillator in Hz.
    oscillator_pin : the platform's resource that the oscillator drives.
    oscillator_pad : False if its pin, on an iCE40, is not the one that is wired to a PLL.
    clock : default clock of plans in Hz.
    baud : rate of the serial line in Hz.
    leds : signal of each LED, from the platform's number 0.
    load : command line that loads a bitstream into the device, with ``{}`` for its file.
    pins : pins that the platform lacks, such as those of a serial adapter where USB is no serial
        line.
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
    load: str = "openFPGALoader {}"
    oscillator_pad: bool = True
    pins: Pins | None = None

    @property
    def family(self) -> Family:
        """The family of all its devices."""
        return self.devices[self.default_variant].family
