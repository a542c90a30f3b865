"""A core with its own ports as a design with the streams that benches play."""

from amaranth import Cat, ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.fabric.counter import counter
from hw.design.core import Core
from hw.emit.verilog import emit

WIDEST = 60
"""Bits of a score that are read: no score is larger (`hw.network.scores.SCORE`)."""


class Ported(wiring.Component):
    """A core of other Verilog between streams ``i`` of its beats and ``o`` of scores.

    Where its frames end with a mark, this counts the beats and makes it.
    """

    def __init__(self, core: Core, name: str) -> None:
        self._core, self._name = core, name
        interface = core.interface
        self._score = min(interface.score_bits, WIDEST)
        self._index = (len(core.plan.network.classes) - 1).bit_length()
        width = next(port.width for port in core.ports if port.name == interface.entry["data"])
        super().__init__({
            "i": In(stream.Signature(width)),
            "o": Out(stream.Signature(self._score + self._index + 1)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        core, interface = self._core, self._core.interface
        nets = {port.name: Signal(port.width, name=port.name) if port.output
                else Const(0, port.width) for port in core.ports}
        entry, leave = interface.entry, interface.leave
        nets[interface.clock] = ClockSignal()
        nets[interface.reset] = ~ResetSignal() if interface.low else ResetSignal()
        nets[entry["data"]], nets[entry["valid"]] = self.i.p, self.i.valid
        nets[leave["ready"]] = self.o.ready
        if "last" in entry:
            at = counter(m, "at", self.i.valid & self.i.ready, interface.beats)
            nets[entry["last"]] = at.last
        m.submodules.core = Instance(self._name, **{
            f"{'o' if port.output else 'i'}_{port.name}": nets[port.name] for port in core.ports
        })
        m.d.comb += [
            self.i.ready.eq(nets[entry["ready"]]),
            self.o.valid.eq(nets[leave["valid"]]),
            self.o.p.eq(Cat(
                nets[leave["score"]][: self._score], nets[leave["klass"]][: self._index],
                nets[leave["last"]],
            )),
        ]  # fmt: skip
        return m


def ported(core: Core, name: str, verilog: str) -> str:
    """The Verilog of a core, below a module ``top`` with streams ``i`` and ``o``."""
    return emit(Ported(core, name)) + verilog
