"""The iCEBreaker v1.0 by 1BitSquared: an iCE40UP5K, a 12 MHz oscillator, an FT2232H to the host.

Pins, as amaranth-boards 0.0.21 has them and the board's constraints in icestorm's examples:
oscillator 35, the pad of the PLL; serial line RX 6, TX 9; LEDs red 11, green 37, button 10, all
three low when on.
"""

from boards.board import Board, Light
from boards.devices import UP5K

BOARD = Board(
    name="icebreaker",
    platform="amaranth_boards.icebreaker.ICEBreakerPlatform",
    devices={"UP5K": UP5K},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    # The clock that nextpnr reaches with most of the cells in use.
    clock=36e6,
    # A rate that the FT2232H and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    # Red, and green.
    leds=(Light.FAULT, Light.BEAT),
    load="iceprog {}",
)
