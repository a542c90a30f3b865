"""AXI4-Lite with words of 32 bits: the subordinate's side, in front of registers."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.cores.link.registers import ADDRESS, WIDTH

BYTES = WIDTH // 8


class AxiLite(wiring.Component):
    """One transfer at a time in each direction; a read takes two cycles, a write one.

    A write is done when address and data are both there. It counts if its lowest byte is enabled:
    what can be written is there. A read goes first. All responses are OKAY. Valids are flip-flops;
    AWREADY and WREADY follow both valids of a write and that of a read.

    Members
    -------
    As of the AMBA AXI specification (ARM IHI 0022), channels AW, W, B, AR, R without protection
    bits, which a subordinate may leave out; addresses are those of bytes.

    address, read, data, write, write_data
        To `hw.cores.link.registers.Registers`.
    """

    PREFIX = "s_axil_"
    PORTS = (
        ("awaddr", "in", ADDRESS + 2), ("awvalid", "in", 1), ("awready", "out", 1),
        ("wdata", "in", WIDTH), ("wstrb", "in", BYTES), ("wvalid", "in", 1), ("wready", "out", 1),
        ("bresp", "out", 2), ("bvalid", "out", 1), ("bready", "in", 1),
        ("araddr", "in", ADDRESS + 2), ("arvalid", "in", 1), ("arready", "out", 1),
        ("rdata", "out", WIDTH), ("rresp", "out", 2), ("rvalid", "out", 1), ("rready", "in", 1),
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
        reading = Signal()  # the registers answer in the next cycle
        # Address and data of a write are accepted together, when no read needs the registers.
        m.d.comb += [
            self.arready.eq(~reading & ~self.rvalid),
            self.read.eq(self.arvalid & self.arready),
            self.write.eq(
                self.awvalid & self.wvalid & ~self.bvalid & ~self.read & self.wstrb[0]),
            self.awready.eq(self.awvalid & self.wvalid & ~self.bvalid & ~self.read),
            self.wready.eq(self.awready),
            self.address.eq(self.awaddr[2:]),
            self.write_data.eq(self.wdata),
            self.rdata.eq(self.data),
        ]
        with m.If(self.read):
            m.d.comb += self.address.eq(self.araddr[2:])
        m.d.sync += reading.eq(self.read)
        with m.If(reading):
            m.d.sync += self.rvalid.eq(1)
        with m.Elif(self.rready):
            m.d.sync += self.rvalid.eq(0)
        with m.If(self.awready):
            m.d.sync += self.bvalid.eq(1)
        with m.Elif(self.bready):
            m.d.sync += self.bvalid.eq(0)
        return m


BUS = AxiLite
