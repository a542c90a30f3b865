"""The Icepi Zero v1.3: an ECP5-25F, a 50 MHz oscillator, five LEDs, an FT231X to the host.

Pins, oscillator and package: amaranth-boards 0.0.21, icepi_zero. The name for openFPGALoader: the
board's own documents.
"""

from boards.board import Board, Light
from boards.devices import ecp5

BOARD = Board(
    name="icepi_zero",
    platform="amaranth_boards.icepi_zero.IcepiZero1_3Platform",
    devices={"25F": ecp5("LFE5U-25F")},
    default_variant="25F",
    oscillator=50e6,
    oscillator_pin="clk50",
    clock=80e6,
    # A rate that the FT231X and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    leds=(Light.BEAT, Light.BUSY, Light.FAULT, Light.CLASS_0, Light.CLASS_1),
    load="openFPGALoader -b icepi-zero {}",
)
