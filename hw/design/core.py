"""A core for other people's designs: the accelerator between an interface and a register block."""

from amaranth import ClockDomain, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect

from hw.cores import bus as buses
from hw.cores.link.registers import Registers
from hw.design import interfaces
from hw.design.accelerator import Accelerator
from hw.design.interface import Interface, Port, members
from hw.design.top import describe
from hw.plan.plan import Plan
from model.rooms import kinds


class Core(wiring.Component):
    """``interface <-> accelerator``, and registers on a bus where one is asked for, in one clock
    domain with a synchronous reset.

    Parameters
    ----------
    plan : Plan
    interface : str
        A kind of `hw.design.interfaces`.
    registers : str
        A kind of `hw.cores.bus`; empty: no registers.

    Members
    -------
    The `Port` of ``ports``, by their names.

    Attributes
    ----------
    plan, interface
    registers : str
    ports : tuple of Port
        Clock and reset first.
    """

    def __init__(self, plan: Plan, *, interface: str, registers: str = "") -> None:
        self.plan, self.kind, self.registers = plan, interface, registers
        self._accelerator = Accelerator(plan)
        scores = self._accelerator.o.p.shape()
        self.info = describe(plan, scores)
        self.interface: Interface = kinds(interfaces, "INTERFACE")[interface](
            plan, width=len(self._accelerator.i.p), scores=scores, counted=bool(registers)
        )
        self._bus = kinds(buses, "BUS")[registers]() if registers else None
        shown = self.interface
        edge = "active low" if shown.low else "active high"
        self.ports = (
            Port(name=shown.clock, width=1, output=False, text="clock of all ports"),
            Port(name=shown.reset, width=1, output=False, text=f"reset, synchronous, {edge}"),
            *shown.ports,
            *self._bus_ports(),
        )
        super().__init__(members(self.ports))

    def _bus_ports(self) -> tuple[Port, ...]:
        if self._bus is None:
            return ()
        return tuple(
            Port(name=self._bus.PREFIX + name, width=width, output=way == "out",
                 text=f"{name.upper()} of the registers")
            for name, way, width in self._bus.PORTS
        )

    def identity(self) -> list[int]:
        """What the registers from CHANNELS on read."""
        channels, rows, columns = self.info.shape
        digest = [int.from_bytes(self.info.digest[k : k + 4], "little") for k in range(0, 16, 4)]
        size = rows << 16 | columns
        return [channels, size, self.info.classes, self.interface.score_bits, *digest]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = domain = ClockDomain()
        names = (self.interface.clock, self.interface.reset)
        clock, reset = (getattr(self, name) for name in names)
        # Within it is called clk, by which `hw.emit.blocks` finds the clock of block memories.
        m.d.comb += domain.clk.eq(clock)
        m.d.comb += domain.rst.eq(~reset if self.interface.low else reset)
        m.submodules.accelerator = accelerator = self._accelerator
        m.submodules.interface = interface = self.interface
        connect(m, interface.image, accelerator.i)
        connect(m, accelerator.o, interface.scores)
        self._join(m, interface, {port.name: port.name for port in interface.ports})
        if (bus := self._bus) is not None:
            m.submodules.bus = bus
            m.submodules.registers = registers = Registers(self.identity())
            self._join(m, bus, {bus.PREFIX + name: name for name, _, _ in bus.PORTS})
            m.d.comb += [
                registers.events.eq(interface.events),
                registers.address.eq(bus.address),
                registers.read.eq(bus.read),
                registers.write.eq(bus.write),
                registers.write_data.eq(bus.write_data),
                bus.data.eq(registers.data),
            ]
        return m

    def _join(self, m: Module, inner: wiring.Component, names: dict[str, str]) -> None:
        """Wire ports of this core, by name, to those of a component within it."""
        for outside, name in names.items():
            outer, within = getattr(self, outside), getattr(inner, name)
            given = self.signature.members[outside].flow is In
            m.d.comb += within.eq(outer) if given else outer.eq(within)
