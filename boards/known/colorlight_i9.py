"""The Colorlight i9 V7.2 on the Muse Lab extension board: an ECP5-45F, a 25 MHz oscillator.

Pins and their sources: `boards.platforms.colorlight`. The extension board's DAPLink is the serial
line, and loads the FPGA.
"""

from boards.board import Board, Light
from boards.devices import ecp5

BOARD = Board(
    name="colorlight_i9",
    platform="boards.platforms.colorlight.ColorlightI9Platform",
    devices={"45F": ecp5("LFE5U-45F")},
    default_variant="45F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # The rate of the usual examples; no document says how fast the DAPLink can be.
    baud=115_200,
    leds=(Light.BEAT,),
    load="openFPGALoader -b colorlight-i9 -m {}",
)
