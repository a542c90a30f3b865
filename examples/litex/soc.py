"""A LiteX system around a core: its registers in the memory map, a host on the bus, its streams at
pins, where a design has its camera or its DMA.

    python examples/litex/soc.py build/net-digits/core OUT
"""

import sys
from pathlib import Path

from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.gen import ClockDomain, LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
from network import Network

REGISTERS = 0x3000_0000
"""Address of the core's registers on the bus, in bytes."""


def stream_pins(name, fields):
    """Pins of a stream: its payload, and the three signals of its handshake."""
    every = {**fields, "valid": 1, "ready": 1, "last": 1}
    return name, 0, *(Subsignal(part, Pins(width)) for part, width in every.items())


class Clock(LiteXModule):
    """Clock and reset from pins."""

    def __init__(self, platform):
        self.cd_sys = ClockDomain()
        self.comb += self.cd_sys.clk.eq(platform.request("sys_clk"))
        self.comb += self.cd_sys.rst.eq(platform.request("sys_rst"))


class System(SoCMini):
    """The core, its registers on the bus of the system, and a host at pins as the bus's master."""

    def __init__(self, folder):
        platform = SimPlatform("SIM", [("sys_clk", 0, Pins(1)), ("sys_rst", 0, Pins(1))])
        super().__init__(platform, clk_freq=int(60e6), ident="", ident_version=False)
        self.crg = Clock(platform)
        self.network = network = Network(platform, folder)
        data, score, klass = (
            len(signal) for signal in (network.sink.data, network.source.score,
                                       network.source.klass))
        host = wishbone.Interface(data_width=32, addressing="word")
        platform.add_extension([
            stream_pins("pixels", {"data": data}),
            stream_pins("scores", {"score": score, "klass": klass}),
            *host.get_ios("host"),
        ])
        pixels, scores = platform.request("pixels"), platform.request("scores")
        self.comb += [
            network.sink.data.eq(pixels.data), network.sink.valid.eq(pixels.valid),
            network.sink.last.eq(pixels.last), pixels.ready.eq(network.sink.ready),
            scores.score.eq(network.source.score), scores.klass.eq(network.source.klass),
            scores.valid.eq(network.source.valid), scores.last.eq(network.source.last),
            network.source.ready.eq(scores.ready),
        ]
        self.comb += host.connect_to_pads(platform.request("host"), mode="slave")
        self.bus.add_master("host", host)
        region = SoCRegion(origin=REGISTERS, size=64, cached=False)
        self.bus.add_slave("network", network.bus, region)


def main(folder, out):
    """Write the system's Verilog into the folder ``out``; returns its path."""
    system = System(folder)
    system.finalize()
    path = Path(out) / "system.v"
    path.parent.mkdir(parents=True, exist_ok=True)
    system.platform.get_verilog(system, name="system").write(str(path))
    return path


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
