"""Agents for streams inside the simulator: drivers, receivers and monitors, for cocotb.

A stream is three signals ``<name>__payload``, ``__valid`` and ``__ready``. Every agent has a method
``edge(cycle)`` that is called at each rising edge of the clock: reads give the value before the
edge, and writes take effect after it.
"""

import random
from collections.abc import Sequence
from typing import Protocol

from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.triggers import RisingEdge


class Agent(Protocol):
    """An object that acts once in each clock cycle."""

    def edge(self, cycle: int) -> None: ...


class Stream:
    """The three signals of a stream of the simulated top."""

    def __init__(self, dut: HierarchyObject, name: str) -> None:
        self.name = name
        self.payload: LogicArrayObject = getattr(dut, f"{name}__payload")
        self.valid: LogicObject = getattr(dut, f"{name}__valid")
        self.ready: LogicObject = getattr(dut, f"{name}__ready")

    @property
    def state(self) -> str:
        return f"valid {int(self.valid.value)}, ready {int(self.ready.value)}"


class Source:
    """A driver that offers beats in order; it makes no new offer in a share ``stall`` of cycles."""

    def __init__(self, stream: Stream, beats: Sequence[int], stall: float, seed: int) -> None:
        self.stream, self.beats, self.stall = stream, beats, stall
        self.random = random.Random(f"source {seed}")
        self.sent: list[int] = []
        self.offering = False
        stream.valid.value = 0
        stream.payload.value = 0

    def edge(self, cycle: int) -> None:
        if self.offering and int(self.stream.ready.value):
            self.sent.append(cycle)
            self.offering = False
            self.stream.valid.value = 0
        left = len(self.sent) < len(self.beats)
        if not self.offering and left and self.random.random() >= self.stall:
            self.offering = True
            self.stream.valid.value = 1
            self.stream.payload.value = self.beats[len(self.sent)]


class Sink:
    """A receiver of beats, which is not ready in a share ``stall`` of the cycles."""

    def __init__(self, stream: Stream, stall: float, seed: int) -> None:
        self.stream, self.stall = stream, stall
        self.random = random.Random(f"sink {seed}")
        self.beats: list[int] = []
        self.cycles: list[int] = []
        self.ready = False
        stream.ready.value = 0

    def edge(self, cycle: int) -> None:
        if self.ready and int(self.stream.valid.value):
            self.beats.append(int(self.stream.payload.value))
            self.cycles.append(cycle)
        ready = self.random.random() >= self.stall
        if ready != self.ready:
            self.ready = ready
            self.stream.ready.value = int(ready)


class RuleWatch:
    """A monitor that fails if an offered beat is withdrawn or changed before it is accepted."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.offered: int | None = None

    def edge(self, cycle: int) -> None:
        valid = int(self.stream.valid.value)
        if self.offered is None and not valid:
            return
        if not valid:
            self._broken("valid fell", cycle)
        payload = int(self.stream.payload.value)
        if self.offered not in (None, payload):
            self._broken("payload changed", cycle)
        self.offered = None if int(self.stream.ready.value) else payload

    def _broken(self, what: str, cycle: int) -> None:
        raise AssertionError(
            f"stream {self.stream.name}: {what} before the beat was taken, cycle {cycle}"
        )


class Watchdog:
    """A monitor that fails if no beat has moved at either end for ``patience`` cycles."""

    def __init__(self, source: Source, sink: Sink, expect: int, patience: int) -> None:
        self.source, self.sink = source, sink
        self.expect, self.patience = expect, patience
        self.moved = (0, 0)
        self.since = 0

    def edge(self, cycle: int) -> None:
        moved = (len(self.source.sent), len(self.sink.beats))
        if moved != self.moved:
            self.moved, self.since = moved, cycle
        elif cycle - self.since > self.patience and moved[1] < self.expect:
            raise AssertionError(
                f"no beat moved for {self.patience} cycles, cycle {cycle}: "
                f"{moved[0]} of {len(self.source.beats)} beats sent "
                f"({self.source.stream.state}), {moved[1]} of {self.expect} received "
                f"({self.sink.stream.state})"
            )


async def run(
    clock: LogicObject, agents: Sequence[Agent], sink: Sink, expect: int, linger: int
) -> None:
    """Call all agents at every edge until there are ``expect`` beats, and ``linger`` cycles on."""
    cycle, after = -1, 0  # the first edge only starts driving
    edge = RisingEdge(clock)
    while after <= linger:
        await edge
        for agent in agents:
            agent.edge(cycle)
        cycle += 1
        after += len(sink.beats) >= expect
