"""The Tang Nano 9K by Sipeed: a GW1NR-9C, a 27 MHz oscillator, a BL702 to the host.

Pins, as amaranth-boards 0.0.21 has them: oscillator 52, serial line RX 18, TX 17, LEDs 10, 11, 13
to 16, lit while low.
"""

from boards.board import Board, Light
from boards.devices import GW1NR_9C

BOARD = Board(
    name="tangnano9k",
    platform="boards.platforms.gowin.TangNano9kPlatform",
    devices={"9C": GW1NR_9C},
    default_variant="9C",
    oscillator=27e6,
    oscillator_pin="clk27",
    clock=54e6,
    # The rate of the usual examples; no document says how fast the BL702 can be.
    baud=115_200,
    leds=(Light.BEAT, Light.BUSY, Light.FAULT, Light.CLASS_0, Light.CLASS_1, Light.CLASS_2),
    load="openFPGALoader -b tangnano9k {}",
)
