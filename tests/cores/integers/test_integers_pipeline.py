"""Registers that move up: nothing is lost or doubled while nobody takes, and no gap is kept."""

import random
from typing import Any

import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.integers.pipeline import Pipeline
from sim.cycles import PACES, Pace, passed, simulate


class Delay(wiring.Component):
    """Beats so many cycles later."""

    def __init__(self, cycles: int) -> None:
        self._cycles = cycles
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.i, self.o, self._cycles)
        pipeline.leave(pipeline.later(self.i.payload, "payload", 0, self._cycles - 1))
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


def test_beats_move_up_while_the_first_waits() -> None:
    dut, left = Delay(4), []

    async def bench(ctx: Any) -> None:
        for cycle in range(14):
            number = cycle if cycle in (1, 3, 6) else 0
            ctx.set(dut.i.payload, number)
            ctx.set(dut.i.valid, number > 0)
            ctx.set(dut.o.ready, cycle > 9)
            if cycle > 9:
                left.append((ctx.get(dut.o.valid), ctx.get(dut.o.payload)))
            await ctx.tick()

    simulate(dut, bench)
    assert left[:3] == [(1, 1), (1, 3), (1, 6)] and left[3][0] == 0
