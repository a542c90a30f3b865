"""A bus with the registers behind it, to be driven at the bus."""

from typing import Any

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.cores.link.registers import EVENTS, Registers

IDENTITY = list(range(100, 108))


class Reached(wiring.Component):
    """Registers with the ports of a bus, and their events."""

    def __init__(self, bus: Any) -> None:
        self.bus = bus
        super().__init__({
            "events": In(EVENTS),
            **{name: (In if way == "in" else Out)(width) for name, way, width in bus.PORTS},
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bus, m.submodules.registers = bus, registers = self.bus, Registers(IDENTITY)
        for name, way, _ in bus.PORTS:
            outer, inner = getattr(self, name), getattr(bus, name)
            m.d.comb += inner.eq(outer) if way == "in" else outer.eq(inner)
        m.d.comb += [
            registers.events.eq(self.events),
            registers.address.eq(bus.address),
            registers.read.eq(bus.read),
            registers.write.eq(bus.write),
            registers.write_data.eq(bus.write_data),
            bus.data.eq(registers.data),
        ]
        return m
