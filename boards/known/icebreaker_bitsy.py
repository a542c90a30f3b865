"""The iCEBreaker bitsy by 1BitSquared: an iCE40UP5K, a 12 MHz oscillator.

Pins, oscillator and package: amaranth-boards 0.0.21, icebreaker_bitsy. Oscillator 35, the pad of
the PLL; LEDs red 25, green 6, lit while low. Its USB is no serial line: a 3.3 V adapter goes to the
edge pins P0 (RX of the FPGA, 47) and P1 (TX, 44). Loaded by DFU, from its bootloader.
"""

from boards.board import Board, Light, Pins
from boards.devices import UP5K

BOARD = Board(
    name="icebreaker_bitsy",
    platform="amaranth_boards.icebreaker_bitsy.ICEBreakerBitsyPlatform",
    devices={"UP5K": UP5K},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    # As of the iCEBreaker, whose device it has.
    clock=36e6,
    # What adapters with an FTDI chip make exactly.
    baud=1_000_000,
    # Red, and green.
    leds=(Light.FAULT, Light.BEAT),
    load="openFPGALoader -b icebreaker-bitsy {}",
    pins=Pins(rx="edge_0:0", tx="edge_0:1",
              attributes=(("IO_STANDARD", "SB_LVCMOS"), ("PULLUP", 1))),
)
