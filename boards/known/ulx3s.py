"""The ULX3S by Radiona: an ECP5 in four sizes, a 25 MHz oscillator, an FT231X to the host.

Pins, oscillator and package: amaranth-boards 0.0.21.
"""

from boards.board import Board, Light
from boards.devices import ecp5

BOARD = Board(
    name="ulx3s",
    platform="amaranth_boards.ulx3s.ULX3S_{}_Platform",
    devices={size: ecp5(f"LFE5U-{size}") for size in ("12F", "25F", "45F", "85F")},
    default_variant="85F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # A rate that the FT231X and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    leds=tuple(Light),
    load="openFPGALoader -b ulx3s -m {}",
)
