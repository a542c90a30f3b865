"""A workbench for many stream components in one compiled model, to save compilations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth import ClockDomain, ClockSignal, DomainRenamer, Module, ResetSignal, Shape
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.emit.verilog import emit
from sim import beats
from sim.player import Engine, Played, Request, play
from sim.verilate import BRIEF, Model, build


@dataclass(frozen=True)
class Way:
    """A way to play a component.

    Parameters
    ----------
    stall
        Probability that a cycle has no offer, and that it is not ready.
    seed
        Seed of the stalls; tests draw their data from it as well.
    """

    stall: float = 0.0
    seed: int = 1
    engine: Engine = "native"

    def __str__(self) -> str:
        return f"stall{self.stall:g}-seed{self.seed}-{self.engine}"


WAYS = [Way(), Way(0.3, 2, "cocotb"), Way(0.8, 3)]
"""Ways in which tests play every case: at full speed, mixed, and mostly waiting."""


class Bundle(wiring.Component):
    """Components side by side, each with streams ``<name>_i``, ``<name>_o`` and its own clock.

    Each has a clock of its own (``<name>_clk``, ``<name>_rst``), so that those that are not played
    take no time.
    """

    def __init__(self, components: Mapping[str, wiring.Component]) -> None:
        self._components = dict(components)
        ports: dict[str, Any] = {}
        for name, component in self._components.items():
            ports[f"{name}_i"] = In(stream.Signature(component.i.p.shape()))
            ports[f"{name}_o"] = Out(stream.Signature(component.o.p.shape()))
            ports |= {f"{name}_clk": In(1), f"{name}_rst": In(1)}
        super().__init__(ports)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, component in self._components.items():
            m.domains += ClockDomain(name)
            m.d.comb += [
                ClockSignal(name).eq(getattr(self, f"{name}_clk")),
                ResetSignal(name).eq(getattr(self, f"{name}_rst")),
            ]
            m.submodules[name] = DomainRenamer(name)(component)
            connect(m, flipped(getattr(self, f"{name}_i")), component.i)
            connect(m, component.o, flipped(getattr(self, f"{name}_o")))
        return m


@dataclass(frozen=True, kw_only=True)
class Result:
    """The output of a component: its beats as integers, and the player's record."""

    values: list[int]
    played: Played


class Workbench:
    """Several components in one compiled model, to play beats through any of them.

    Parameters
    ----------
    components
        Components by name, each with streams ``i`` in and ``o`` out and the clock domain ``sync``.
    """

    def __init__(self, components: Mapping[str, wiring.Component]) -> None:
        self.components = dict(components)

    @cached_property
    def model(self) -> Model:
        """The compiled bundle, which is made on first use."""
        return build(emit(Bundle(self.components)), optimise=BRIEF)

    def play(
        self,
        name: str,
        values: Sequence[int],
        expect: int,
        way: Way = WAYS[0],
        *,
        patience: int = 2000,
    ) -> Result:
        """Play integers through one component, while the rule of its output stream is checked.

        Parameters
        ----------
        expect
            Expected number of beats; there must be no more for some cycles after them.

        Raises
        ------
        sim.player.Failure
            The rule was broken, or no beat moved for ``patience`` cycles.
        """
        width = Shape.cast(self.components[name].i.p.shape()).width
        request = Request(
            beats=beats.pack(values, width),
            expect=expect,
            source=f"{name}_i",
            sink=f"{name}_o",
            clock=f"{name}_clk",
            reset=f"{name}_rst",
            source_stall=way.stall,
            sink_stall=way.stall,
            seed=way.seed,
            patience=patience,
        )
        played = play(self.model, request, way.engine)
        return Result(values=beats.unpack(played.received.beats), played=played)
