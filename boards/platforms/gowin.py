"""Boards with a Gowin device, for nextpnr-himbaechel in the place of nextpnr-gowin, which Amaranth
0.5 calls and which is no more.

Pins of the Tang Nano 20K: sipeed_tang_nano_20k of litex-boards; oscillator and LEDs also in
examples/himbaechel/tangnano20k.cst of Apicula.
"""

from typing import ClassVar

from amaranth.build import Attrs, Clock, Connector, Pins, Resource
from amaranth.vendor import GowinPlatform
from amaranth_boards import tang_nano_9k
from amaranth_boards.resources import LEDResources, UARTResource

LEVELS = Attrs(IO_TYPE="LVCMOS33")


class HimbaechelPlatform(GowinPlatform):
    """A Gowin device with today's open tools."""

    _apicula_required_tools = ("yosys", "nextpnr-himbaechel-gowin", "gowin_pack")
    _apicula_command_templates = (
        GowinPlatform._apicula_command_templates[0],
        r"""
        {{invoke_tool("nextpnr-himbaechel-gowin")}}
            {{quiet("--quiet")}}
            {{get_override("nextpnr_opts")|options}}
            --log {{name}}.tim
            --device {{platform.part}}
            --vopt=family={{platform.die}}
            --vopt=cst={{name}}.cst
            --json {{name}}.syn.json
            --write {{name}}.pnr.json
        """,
        r"""
        {{invoke_tool("gowin_pack")}}
            -d {{platform.die}}
            --output {{name}}.fs
            {{get_override("gowin_pack_opts")|options}}
            {{name}}.pnr.json
        """,
    )

    @property
    def device(self) -> str:
        """The device by its name without package and speed."""
        return str(self.family)

    @property
    def die(self) -> str:
        """The device that has the same die and no memory beside it, as the tools call it."""
        return self.device.replace("R-", "-")


class TangNano9kPlatform(HimbaechelPlatform, tang_nano_9k.TangNano9kPlatform):
    """The Tang Nano 9K: GW1NR-LV9QN88PC6/I5."""


class TangNano20kPlatform(HimbaechelPlatform):
    """The Tang Nano 20K: GW2AR-LV18QN88C8/I7."""

    part = "GW2AR-LV18QN88C8/I7"
    family = "GW2AR-18C"
    default_clk = "clk27"
    resources: ClassVar[list[Resource]] = [
        Resource("clk27", 0, Pins("4", dir="i"), Clock(27e6), LEVELS),
        *LEDResources(pins="15 16 17 18 19 20", invert=True, attrs=LEVELS),
        UARTResource(0, rx="70", tx="69", attrs=Attrs(IO_TYPE="LVCMOS33", PULL_MODE="UP")),
    ]
    connectors: ClassVar[list[Connector]] = []
