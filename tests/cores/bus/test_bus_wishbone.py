"""Wishbone, classic cycles: one acknowledge for each strobe, and nothing without a cycle."""

from typing import Any

import pytest
from bus_registers import IDENTITY, Reached

from hw.cores.bus.wishbone import Wishbone
from hw.cores.link.registers import EVENTS, IDENT, MAP
from sim.cycles import simulate

NUMBER = {register.name: register.offset // 4 for register in MAP}


async def cycle(
    ctx: Any, dut: Reached, name: str, value: int | None = None, sel: int = 15, rest: int = 0
) -> int:
    """A bus cycle with one strobe, and what was read."""
    ctx.set(dut.cyc, 1)
    ctx.set(dut.stb, 1)
    ctx.set(dut.adr, NUMBER[name])
    ctx.set(dut.sel, sel)
    ctx.set(dut.we, value is not None)
    ctx.set(dut.dat_w, value or 0)
    assert not ctx.get(dut.ack)
    await ctx.tick()
    assert ctx.get(dut.ack)
    found = int(ctx.get(dut.dat_r))
    await ctx.tick()
    ctx.set(dut.stb, 0)
    for _ in range(rest):
        assert not ctx.get(dut.ack)
        await ctx.tick()
    ctx.set(dut.cyc, 0)
    return found


@pytest.mark.parametrize("rest", [0, 2])
def test_registers_are_read_and_written(rest: int) -> None:
    dut = Reached(Wishbone())

    async def bench(ctx: Any) -> None:
        assert await cycle(ctx, dut, "IDENT", rest=rest) == IDENT
        assert [await cycle(ctx, dut, each.name, rest=rest) for each in MAP[-8:]] == IDENTITY
        ctx.set(dut.events, EVENTS.const({"bad": 1}))
        await ctx.tick()
        ctx.set(dut.events, EVENTS.const({}))
        await cycle(ctx, dut, "STATUS", 2, sel=14, rest=rest)
        assert await cycle(ctx, dut, "STATUS", rest=rest) == 2
        await cycle(ctx, dut, "STATUS", 2, rest=rest)
        assert await cycle(ctx, dut, "STATUS", rest=rest) == 0

    simulate(dut, bench)


def test_a_strobe_outside_a_cycle_is_nobodys() -> None:
    dut = Reached(Wishbone())

    async def bench(ctx: Any) -> None:
        ctx.set(dut.stb, 1)
        for _ in range(3):
            assert not ctx.get(dut.ack)
            await ctx.tick()

    simulate(dut, bench)
