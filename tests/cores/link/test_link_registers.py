"""Registers: identity, counters of events, a flag that is cleared, and a frame's latency."""

from collections.abc import Mapping
from typing import Any

import pytest

from hw.cores.link.registers import EVENTS, IDENT, MAP, Registers
from sim.cycles import simulate

IDENTITY = [3, (5 << 16) | 7, 10, 32, 0x01234567, 0x89ABCDEF, 0xFFFFFFFF, 0]
NUMBER = {register.name: register.offset // 4 for register in MAP}


async def step(ctx: Any, dut: Registers, events: Mapping[str, int]) -> None:
    ctx.set(dut.events, EVENTS.const(dict(events)))
    await ctx.tick()
    ctx.set(dut.events, EVENTS.const({}))


async def read(ctx: Any, dut: Registers, name: str) -> int:
    ctx.set(dut.address, NUMBER[name])
    ctx.set(dut.read, 1)
    await ctx.tick()
    ctx.set(dut.read, 0)
    return int(ctx.get(dut.data))


def test_identity_and_counters_are_read() -> None:
    dut = Registers(IDENTITY)

    async def bench(ctx: Any) -> None:
        for _ in range(5):
            await step(ctx, dut, {"began": 1})
        for _ in range(3):
            await step(ctx, dut, {"taken": 1, "answered": 1, "klass": 9})
        await step(ctx, dut, {"bad": 1})
        assert await read(ctx, dut, "IDENT") == IDENT
        found = [await read(ctx, dut, register.name) for register in MAP[NUMBER["CHANNELS"]:]]
        assert found == IDENTITY
        for name, value in (("FRAMES_IN", 3), ("FRAMES_OUT", 3), ("ERRORS", 1), ("CLASS", 9)):
            assert await read(ctx, dut, name) == value
        assert await read(ctx, dut, "STATUS") == 0b11
        for _ in range(2):
            await step(ctx, dut, {"lost": 1})
        assert await read(ctx, dut, "STATUS") == 0b10
        # Cycles are counted from the first one on, and the register is read in a cycle of its own.
        first = await read(ctx, dut, "CYCLES")
        assert await read(ctx, dut, "CYCLES") == first + 1

    simulate(dut, bench)


def test_the_error_is_cleared_by_its_bit_alone_and_never_lost() -> None:
    dut = Registers(IDENTITY)

    async def write(ctx: Any, name: str, value: int, **events: int) -> None:
        ctx.set(dut.address, NUMBER[name])
        ctx.set(dut.write, 1)
        ctx.set(dut.write_data, value)
        await step(ctx, dut, events)
        ctx.set(dut.write, 0)

    async def bench(ctx: Any) -> None:
        await step(ctx, dut, {"bad": 1})
        await write(ctx, "STATUS", 0xFFFFFFFD)
        await write(ctx, "ERRORS", 2)
        assert await read(ctx, dut, "STATUS") == 0b10
        await write(ctx, "STATUS", 2)
        assert await read(ctx, dut, "STATUS") == 0
        await write(ctx, "STATUS", 2, bad=1)  # one that comes in this very cycle
        assert await read(ctx, dut, "STATUS") == 0b10
        assert await read(ctx, dut, "ERRORS") == 2

    simulate(dut, bench)


@pytest.mark.parametrize("apart", [1, 3])
def test_the_latency_is_that_of_one_frame_though_others_are_under_way(apart: int) -> None:
    """Frames begin every ``apart`` cycles and end 7 cycles after that: a lost one is not told."""
    dut, latency = Registers(IDENTITY), 7
    begins = [apart * k for k in range(1, 9)]
    lost = {begins[1]}

    async def bench(ctx: Any) -> None:
        for cycle in range(begins[-1] + latency + 3):
            ended = cycle - latency
            await step(ctx, dut, {
                "began": cycle in begins, "answered": ended in begins and ended not in lost,
                "lost": ended in lost,
            })  # fmt: skip
        assert await read(ctx, dut, "LATENCY") == latency
        assert await read(ctx, dut, "STATUS") == 0

    simulate(dut, bench)


def test_a_lost_frame_has_no_latency() -> None:
    dut = Registers(IDENTITY)

    async def bench(ctx: Any) -> None:
        await step(ctx, dut, {"began": 1})
        await step(ctx, dut, {"lost": 1})
        assert await read(ctx, dut, "LATENCY") == 0

    simulate(dut, bench)


@pytest.mark.parametrize("identity", [IDENTITY[1:], [*IDENTITY[1:], 1 << 32]])
def test_another_identity_is_refused(identity: list[int]) -> None:
    with pytest.raises(ValueError, match="8 words of 32 bits"):
        Registers(identity)
