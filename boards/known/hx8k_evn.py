"""The iCE40-HX8K breakout board by Lattice (ICE40HX8K-B-EVN): a 12 MHz oscillator, an FT2232H.

Pins, oscillator and package: amaranth-boards 0.0.21, ice40_hx8k_b_evn. Oscillator J3, not a pad of
a PLL; serial line RX B10, TX B12; LEDs C3 B3 C4 C5 A1 A2 B4 B5. iceprog writes the flash, with the
board's jumpers as they come. The device has no blocks that multiply.
"""

from boards.board import Board, Light
from boards.devices import HX8K

BOARD = Board(
    name="hx8k_evn",
    platform="amaranth_boards.ice40_hx8k_b_evn.ICE40HX8KBEVNPlatform",
    devices={"HX8K": HX8K},
    default_variant="HX8K",
    oscillator=12e6,
    oscillator_pin="clk12",
    oscillator_pad=False,
    # nextpnr reaches 81 MHz with the MNIST example in 78 % of the cells.
    clock=48e6,
    # A rate that the FT2232H and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    leds=tuple(Light),
    load="iceprog {}",
)
