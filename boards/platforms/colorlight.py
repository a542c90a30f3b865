"""The Colorlight i5 V7.0 and i9 V7.2 on the Muse Lab extension board.

Oscillator P3 and LEDs (i5 U16, i9 L2), lit while low: the boards' pages in
github.com/wuxx/Colorlight-FPGA-Projects. Serial line J17 (TX) and H18 (RX), the pins 84 and 86 of
the SO-DIMM: platforms/colorlight_i5 of litex-boards; the first page says that those of the i9 are
the same.
"""

from typing import ClassVar

from amaranth.build import Attrs, Clock, Connector, Pins, Resource
from amaranth.vendor import LatticeECP5Platform
from amaranth_boards.resources import LEDResources, UARTResource

LEVELS = Attrs(IO_TYPE="LVCMOS33")


def _resources(led: str) -> list[Resource]:
    return [
        Resource("clk25", 0, Pins("P3", dir="i"), Clock(25e6), LEVELS),
        *LEDResources(pins=led, invert=True, attrs=LEVELS),
        UARTResource(0, rx="H18", tx="J17", attrs=LEVELS),
    ]


class ColorlightI5Platform(LatticeECP5Platform):
    """The i5: LFE5U-25F-6BG381C."""

    device = "LFE5U-25F"
    package = "BG381"
    speed = "6"
    default_clk = "clk25"
    resources: ClassVar[list[Resource]] = _resources("U16")
    connectors: ClassVar[list[Connector]] = []


class ColorlightI9Platform(LatticeECP5Platform):
    """The i9: LFE5U-45F-6BG381C."""

    device = "LFE5U-45F"
    package = "BG381"
    speed = "6"
    default_clk = "clk25"
    resources: ClassVar[list[Resource]] = _resources("L2")
    connectors: ClassVar[list[Connector]] = []
