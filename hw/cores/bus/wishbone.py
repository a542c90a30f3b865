"""Wishbone B4, classic cycles with words of 32 bits: the device's side, in front of registers."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.cores.link.registers import ADDRESS, WIDTH

BYTES = WIDTH // 8


class Wishbone(wiring.Component):
    """Every cycle ends with ACK, one clock after its strobe; a write counts if its lowest byte is
    selected: what can be written is there.

    Members
    -------
    As of the Wishbone B4 specification (OpenCores, 2010), chapter 3.2, classic standard cycles;
    ``adr`` counts words. ACK comes from a flip-flop.

    address, read, data, write, write_data
        To `hw.cores.link.registers.Registers`.
    """

    PREFIX = "wb_"
    PORTS = (
        ("adr", "in", ADDRESS), ("dat_w", "in", WIDTH), ("dat_r", "out", WIDTH),
        ("sel", "in", BYTES), ("cyc", "in", 1), ("stb", "in", 1), ("we", "in", 1),
        ("ack", "out", 1),
    )  # fmt: skip
    """Ports of the bus, seen from the core: name behind `PREFIX`, direction, bits."""

    def __init__(self) -> None:
        super().__init__({
            **{name: (In if way == "in" else Out)(width) for name, way, width in self.PORTS},
            "address": Out(ADDRESS), "read": Out(1), "data": In(WIDTH),
            "write": Out(1), "write_data": Out(WIDTH),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        asked = self.cyc & self.stb & ~self.ack
        m.d.comb += [
            self.address.eq(self.adr),
            self.read.eq(asked & ~self.we),
            self.write.eq(asked & self.we & self.sel[0]),
            self.write_data.eq(self.dat_w),
            self.dat_r.eq(self.data),
        ]
        m.d.sync += self.ack.eq(asked)
        return m


BUS = Wishbone
