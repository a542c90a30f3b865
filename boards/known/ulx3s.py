"""The ULX3S by Radiona: an ECP5 in four sizes, a 25 MHz oscillator, an FT231X to the host."""

from boards.board import Board, Device, Light
from boards.families import ECP5


def _ecp5(name: str, lut: int, ebr: int, multipliers: int) -> Device:
    # An ECP5 slice pairs each LUT4 with one flip-flop.
    return Device(name=name, family=ECP5, lut=lut, ff=lut, ebr=ebr,
                  multipliers=multipliers)


BOARD = Board(
    name="ulx3s",
    platform="amaranth_boards.ulx3s.ULX3S_{}_Platform",
    devices={
        # Sold as 12,000 LUTs, but it is the 25F's die and the open tools use all of it.
        "12F": _ecp5("LFE5U-12F", 24_288, 56, 28),
        "25F": _ecp5("LFE5U-25F", 24_288, 56, 28),
        "45F": _ecp5("LFE5U-45F", 43_848, 108, 72),
        "85F": _ecp5("LFE5U-85F", 83_640, 208, 156),
    },
    default_variant="85F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # A rate that the FT231X and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    leds=tuple(Light),
    load="openFPGALoader -b ulx3s -m {}",
)
"""Capacities: Lattice FPGA-DS-02012, table 1.1; pins and oscillator: amaranth-boards."""
