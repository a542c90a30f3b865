"""The iCESugar-Pro by Muse Lab: an ECP5-25F, a 25 MHz oscillator, an iCELink to the host.

Pins, oscillator, package and loading: amaranth-boards 0.0.21, icesugar_pro. Its LED of three
colours stays dark: litex-boards has other pins for each colour, lit while low.
"""

from boards.board import Board
from boards.devices import ecp5

BOARD = Board(
    name="icesugar_pro",
    platform="amaranth_boards.icesugar_pro.ICESugarProPlatform",
    devices={"25F": ecp5("LFE5U-25F")},
    default_variant="25F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # The rate of the usual examples; no document says how fast the iCELink can be.
    baud=115_200,
    leds=(),
    load="icesprog {}",
)
