"""The Colorlight i5 V7.0 on the Muse Lab extension board: an ECP5-25F, a 25 MHz oscillator.

Pins and their sources: `boards.platforms.colorlight`. The extension board's DAPLink is the serial
line, and loads the FPGA.
"""

from boards.board import Board, Light
from boards.devices import ecp5

BOARD = Board(
    name="colorlight_i5",
    platform="boards.platforms.colorlight.ColorlightI5Platform",
    devices={"25F": ecp5("LFE5U-25F")},
    default_variant="25F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # The rate of the usual examples; no document says how fast the DAPLink can be.
    baud=115_200,
    leds=(Light.BEAT,),
    load="openFPGALoader -b colorlight-i5 -m {}",
)
