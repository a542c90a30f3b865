"""The OrangeCrab r0.2 by Greg Davill: an ECP5 in two sizes, a 48 MHz oscillator.

Pins, oscillator and package: amaranth-boards 0.0.21, orangecrab_r0_2. Its USB is no serial line: a
3.3 V adapter goes to the pins 0 (RX of the FPGA, N17) and 1 (TX, M18) of the header. The LED is red
K4, green M3, blue J3, lit while low. Loaded by DFU, from its bootloader.
"""

from boards.board import Board, Light, Pins
from boards.devices import ecp5

BOARD = Board(
    name="orangecrab",
    platform="amaranth_boards.orangecrab_r0_2.OrangeCrabR0_2_{}Platform",
    devices={size: ecp5(f"LFE5U-{size}") for size in ("25F", "85F")},
    default_variant="25F",
    oscillator=48e6,
    oscillator_pin="clk",
    clock=80e6,
    # What adapters with an FTDI chip make exactly.
    baud=1_000_000,
    leds=(Light.FAULT, Light.BEAT, Light.BUSY),
    load="openFPGALoader -b orangeCrab {}",
    pins=Pins(rx="io_0:0", tx="io_0:1", leds=("K4", "M3", "J3"),
              attributes=(("IO_TYPE", "LVCMOS33"), ("PULLMODE", "UP"))),
)
