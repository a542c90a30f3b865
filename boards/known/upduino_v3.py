"""The UPduino v3 by tinyVision.ai: an iCE40UP5K, a 12 MHz oscillator behind a jumper.

Pins, oscillator and package: amaranth-boards 0.0.21, upduino_v3. **The jumper OSC has to be
soldered**: it takes the oscillator to pin 20, which is no pad of the PLL. The oscillator inside the
FPGA would need none, but it is only known to some 10 %, and a serial line tolerates some 2 %. A
3.3 V adapter goes to the pins marked 38 (RX of the FPGA) and 28 (TX). LED red 41, green 39, blue
40, lit while low.
"""

from boards.board import Board, Light, Pins
from boards.devices import UP5K

BOARD = Board(
    name="upduino_v3",
    platform="amaranth_boards.upduino_v3.UpduinoV3Platform",
    devices={"UP5K": UP5K},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    oscillator_pad=False,
    # As of the iCEBreaker, whose device it has.
    clock=36e6,
    # What adapters with an FTDI chip make exactly.
    baud=1_000_000,
    leds=(Light.FAULT, Light.BEAT, Light.BUSY),
    load="iceprog {}",
    pins=Pins(rx="j_0:19", tx="j_0:20", leds=("41", "39", "40"),
              attributes=(("IO_STANDARD", "SB_LVCMOS"), ("PULLUP", 1))),
)
