"""The iCESugar by Muse Lab: an iCE40UP5K, a 12 MHz oscillator, an iCELink to the host.

Pins, oscillator, package and loading: amaranth-boards 0.0.21, icesugar. Oscillator 35, the pad of
the PLL; serial line RX 4, TX 6; LED red 40, green 41, blue 39, lit while low.
"""

from boards.board import Board, Light
from boards.devices import UP5K

BOARD = Board(
    name="icesugar",
    platform="amaranth_boards.icesugar.ICESugarPlatform",
    devices={"UP5K": UP5K},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    # As of the iCEBreaker, whose device it has.
    clock=36e6,
    # The rate of the usual examples; no document says how fast the iCELink can be.
    baud=115_200,
    leds=(Light.FAULT, Light.BEAT, Light.BUSY),
    load="icesprog {}",
)
