"""The Tang Nano 20K by Sipeed: a GW2AR-18C, a 27 MHz oscillator, a BL616 to the host.

Pins and their sources: `boards.platforms.gowin`.
"""

from boards.board import Board, Light
from boards.devices import GW2AR_18C

BOARD = Board(
    name="tangnano20k",
    platform="boards.platforms.gowin.TangNano20kPlatform",
    devices={"18C": GW2AR_18C},
    default_variant="18C",
    oscillator=27e6,
    oscillator_pin="clk27",
    clock=81e6,
    # The rate of the usual examples; no document says how fast the BL616 can be.
    baud=115_200,
    leds=(Light.BEAT, Light.BUSY, Light.FAULT, Light.CLASS_0, Light.CLASS_1, Light.CLASS_2),
    load="openFPGALoader -b tangnano20k {}",
)
