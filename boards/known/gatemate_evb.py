"""The GateMateA1-EVB by Olimex: a GateMate CCGM1A1, a 10 MHz oscillator, an RP2040 to the host.

Pins and their sources: `boards.platforms.gatemate`. The RP2040 is the serial line, and loads the
FPGA.
"""

from boards.board import Board, Light
from boards.devices import CCGM1A1

BOARD = Board(
    name="gatemate_evb",
    platform="boards.platforms.gatemate.GateMateA1EvbPlatform",
    devices={"A1": CCGM1A1},
    default_variant="A1",
    oscillator=10e6,
    oscillator_pin="clk10",
    clock=25e6,
    # The rate of the usual examples; no document says how fast the RP2040's firmware can be.
    baud=115_200,
    leds=(Light.BEAT,),
    load="openFPGALoader -b olimex_gatemateevb {}",
)
