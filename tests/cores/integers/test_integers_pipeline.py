"""Registers that stand still together: nothing is lost or doubled while nobody takes."""

import random

import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.integers.pipeline import Pipeline
from sim.cycles import PACES, Pace, passed


class Delay(wiring.Component):
    """Beats so many cycles later."""

    def __init__(self, cycles: int) -> None:
        self._cycles = cycles
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.i, self.o)
        payload = pipeline.later(self.i.payload, "payload", self._cycles - 1)
        pipeline.leave(payload, pipeline.valid(self._cycles - 1))
        return m


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("cycles", [1, 2, 5])
def test_beats_pass_in_order_and_time(cycles: int, pace: Pace) -> None:
    rng = random.Random(pace.seed)
    beats = [rng.getrandbits(8) for _ in range(30)]
    found = passed(Delay(cycles), beats, len(beats), pace)
    assert found.values == beats
    if not pace.stall:
        assert found.sent == [*range(1, 31)]
        assert found.received == [cycle + cycles for cycle in found.sent]
