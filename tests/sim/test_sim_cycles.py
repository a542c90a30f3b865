"""The watches of the simulator in Python: a broken core is found out, and an endless bench."""

from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.stream.skid import SkidBuffer
from sim.cycles import LONGEST, PACES, PATIENCE, Pace, passed, simulate

BEATS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]


class Broken(wiring.Component):
    """A register with a fault from its fourth beat on."""

    def __init__(self, fault: str) -> None:
        self._fault = fault
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.register = register = SkidBuffer(8)
        connect(m, flipped(self.i), register.i)
        connect(m, register.o, flipped(self.o))
        count, waiting, late = Signal(8), Signal(), Signal()
        m.d.sync += [
            waiting.eq(register.o.valid & ~self.o.ready),
            count.eq(count + (self.o.valid & self.o.ready)),
        ]
        m.d.comb += late.eq(count >= 3)
        match self._fault:
            case "withdraws":
                m.d.comb += self.o.valid.eq(register.o.valid & ~(late & waiting))
            case "changes":
                m.d.comb += self.o.payload.eq(register.o.payload ^ (late & waiting))
            case "stops":
                m.d.comb += [
                    self.o.valid.eq(register.o.valid & ~late),
                    register.o.ready.eq(self.o.ready & ~late),
                ]
        return m


@pytest.mark.parametrize(("fault", "told"), [
    ("withdraws", "stream o: valid fell before it was taken"),
    ("changes", "stream o: payload changed while it waited"),
    ("stops", f"no beat moved for {PATIENCE} cycles: 5 of 15 sent, 3 of 15 received"),
])
def test_a_fault_is_found(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        passed(Broken(fault), BEATS, len(BEATS), Pace(0.5, 2))


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_a_right_core_passes(pace: Pace) -> None:
    assert passed(Broken("none"), BEATS, len(BEATS), pace).values == BEATS


def test_a_beat_behind_the_last_is_among_what_came() -> None:
    assert passed(Broken("none"), BEATS, len(BEATS) - 1).values == BEATS


def test_a_bench_without_an_end_is_ended() -> None:
    async def bench(ctx: Any) -> None:
        while True:
            await ctx.tick()

    with pytest.raises(AssertionError, match=f"the bench has not ended in {LONGEST} cycles"):
        simulate(SkidBuffer(1), bench)


@pytest.mark.parametrize("of_domain", [False, True])
def test_a_reset_is_no_beat_that_was_withdrawn(of_domain: bool) -> None:
    core, reset = SkidBuffer(8), Signal()

    async def bench(ctx: Any) -> None:
        ctx.set(core.i.valid, 1)
        await ctx.tick()
        ctx.set(core.i.valid, 0)
        assert ctx.get(core.o.valid)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(core.o.valid)
        await ctx.tick()

    simulate(core, bench, reset=reset, of_domain=of_domain)
