"""What a board is: its devices with their capacities, its clock, its link to the host."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Family:
    """What plans need to know of the fabric that all devices of a family are made of.

    Parameters
    ----------
    name : as Amaranth's platforms have it.
    blocks : bits of a port and words of every shape a memory block takes, widest first.
    lut_memory : whether LUTs can be memory that is written; else only blocks and flip-flops are.
    cells : logic cells of a design for each LUT4 and for each flip-flop, as plans count them for
        ECP5: a flip-flop costs a cell where it takes nothing but what the cell's LUT4 gives.
    """

    name: str
    blocks: tuple[tuple[int, int], ...]
    lut_memory: bool
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


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board: ``platform`` is the dotted path of an Amaranth platform class with one ``{}`` for
    the variant; ``oscillator`` and ``clock`` (the plan's default) are in Hz."""

    name: str
    platform: str
    devices: dict[str, Device]
    default_variant: str
    oscillator: float
    clock: float
    baud: int

    @property
    def family(self) -> Family:
        """That of all its devices."""
        return self.devices[self.default_variant].family
