"""An interface: the streams of an accelerator as ports that another design connects."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from amaranth import Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.link.registers import EVENTS
from hw.plan import entry
from hw.plan.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Port:
    """One port of a core: ``output`` seen from the core, ``width`` in bits; ``text`` is for its
    reader."""

    name: str
    width: int
    output: bool
    text: str


def members(ports: Sequence[Port]) -> dict[str, wiring.Member]:
    """Ports as members of a component's signature."""
    return {port.name: (Out if port.output else In)(port.width) for port in ports}


class Interface(wiring.Component, ABC):
    """Logic between the accelerator and the ports of a core; a kind is a module of
    `hw.design.interfaces`, as its ``INTERFACE``.

    Parameters
    ----------
    plan : Plan
    width : int
        Bits of a beat of the accelerator's pixels.
    scores : StructLayout
        Payload of its scores.
    counted : bool
        Somebody reads ``events``.

    Members
    -------
    image : Out(stream of unsigned(width))
    scores : In(stream of scores)
    events : Out(EVENTS)
    ... : the `Port` of ``ports``, by their names

    Attributes
    ----------
    ports : tuple of Port
    clock, reset : names of the core's clock and reset; ``low`` if that is active low.
    entry, leave : names of ports by what they are: ``data``, ``valid``, ``ready`` and perhaps
        ``last`` of the pixels; ``score``, ``klass``, ``last``, ``valid`` and ``ready`` of the
        scores.
    latency : cycles that it adds to the accelerator's.
    summary, broken : texts for the data sheet: what it is, and what it does to a frame of the wrong
        length.
    """

    clock: ClassVar[str]
    reset: ClassVar[str]
    low: ClassVar[bool]
    entry: ClassVar[Mapping[str, str]]
    leave: ClassVar[Mapping[str, str]]
    latency: ClassVar[int]
    summary: ClassVar[str]
    broken: ClassVar[str]

    def __init__(
        self, plan: Plan, *, width: int, scores: data.StructLayout, counted: bool
    ) -> None:
        self.plan, self._width, self._layout, self._counted = plan, width, scores, counted
        self.beats = entry.beats(plan.network, plan.entry)
        self.ports = self._ports()
        super().__init__({
            "image": Out(stream.Signature(width)),
            "scores": In(stream.Signature(scores)),
            "events": Out(EVENTS),
            **members(self.ports),
        })

    @abstractmethod
    def _ports(self) -> tuple[Port, ...]:
        """All ports of this kind."""

    @property
    def class_bits(self) -> int:
        """Bits of the port of the class."""
        return max(1, int(self._layout["klass"].width))

    @property
    def score_bits(self) -> int:
        """Bits of the port of a score."""
        return next(port.width for port in self.ports if port.name == self.leave["score"])

    def port(self, name: str) -> Signal:
        """The signal of one of ``ports``."""
        found: Signal = getattr(self, name)
        return found
