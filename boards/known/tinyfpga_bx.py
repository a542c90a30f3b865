"""The TinyFPGA BX by Luke Valenty: an iCE40LP8K, a 16 MHz oscillator.

Pins, oscillator and package: amaranth-boards 0.0.21, tinyfpga_bx. Oscillator B2, LED B3. Its USB is
no serial line: a 3.3 V adapter goes to the pins 1 (RX of the FPGA, A2) and 2 (TX, A1). tinyprog
writes it through the bootloader. The device has no blocks that multiply.
"""

from boards.board import Board, Light, Pins
from boards.devices import LP8K

BOARD = Board(
    name="tinyfpga_bx",
    platform="amaranth_boards.tinyfpga_bx.TinyFPGABXPlatform",
    devices={"LP8K": LP8K},
    default_variant="LP8K",
    oscillator=16e6,
    oscillator_pin="clk16",
    oscillator_pad=False,
    # nextpnr reaches 62 MHz with a small network; a large one takes longer wires.
    clock=30e6,
    # What adapters with an FTDI chip make exactly.
    baud=1_000_000,
    leds=(Light.BEAT,),
    load="tinyprog -p {}",
    pins=Pins(rx="gpio_0:1", tx="gpio_0:2",
              attributes=(("IO_STANDARD", "SB_LVCMOS"), ("PULLUP", 1))),
)
