"""The ECPIX-5 by LambdaConcept: an ECP5-5G in two sizes, a 100 MHz oscillator, an FT2232H.

Pins, oscillator and package: amaranth-boards 0.0.21, ecpix5. Its four LEDs have three colours each,
lit while low: of the first red T23, green R21, blue T22; green W21, K24 and R23 of the others.
A board of revision R03 has an FT4232H: openFPGALoader calls it ecpix5_r03.
"""

from boards.board import Board, Light, Pins
from boards.devices import ecp5

BOARD = Board(
    name="ecpix5",
    platform="amaranth_boards.ecpix5.ECPIX5{}Platform",
    devices={size: ecp5(f"LFE5UM5G-{size}F") for size in ("45", "85")},
    default_variant="85",
    oscillator=100e6,
    oscillator_pin="clk100",
    clock=80e6,
    # A rate that the FT2232H and every host make exactly, and that divides whole-MHz clocks.
    baud=1_000_000,
    leds=(Light.FAULT, Light.BEAT, Light.BUSY, Light.CLASS_0, Light.CLASS_1, Light.CLASS_2),
    load="openFPGALoader -b ecpix5 -m {}",
    pins=Pins(leds=("T23", "R21", "T22", "W21", "K24", "R23"),
              attributes=(("IO_TYPE", "LVCMOS33"),)),
)
