"""What a board is: its devices with their capacities, its clock, its link to the host."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Device:
    """One FPGA variant of a board. Capacities are the fabric's, from the family datasheet."""

    name: str
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
