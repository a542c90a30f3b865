"""AXI4-Lite: every register is read, writes need both channels, responses wait for their ready."""

import random
from typing import Any

import pytest
from bus_registers import IDENTITY, Reached

from hw.cores.bus.axilite import AxiLite
from hw.cores.link.registers import EVENTS, IDENT, MAP
from sim.cycles import PACES, Pace, simulate

OFFSETS = {register.name: register.offset for register in MAP}
PATIENCE = 100


class Manager:
    """The other side of the bus, which stalls at random."""

    def __init__(self, ctx: Any, dut: Reached, pace: Pace) -> None:
        self.ctx, self.dut, self.stall = ctx, dut, pace.stall
        self.chance = random.Random(pace.seed)

    async def offer(self, channel: str, **values: int) -> None:
        """An address or data on one channel, until it is taken."""
        while self.chance.random() < self.stall:
            await self.ctx.tick()
        for name, value in values.items():
            self.ctx.set(getattr(self.dut, name), value)
        self.ctx.set(getattr(self.dut, f"{channel}valid"), 1)
        await self.until(f"{channel}ready")
        self.ctx.set(getattr(self.dut, f"{channel}valid"), 0)

    async def until(self, name: str) -> None:
        """Pass the edge at which a signal is 1."""
        for _ in range(PATIENCE):
            there = self.ctx.get(getattr(self.dut, name))
            await self.ctx.tick()
            if there:
                return
        raise AssertionError(f"{name} stays low")

    async def answer(self, channel: str, *names: str) -> list[int]:
        """What a response says, which must not change while it waits."""
        for _ in range(PATIENCE):
            if self.ctx.get(getattr(self.dut, f"{channel}valid")):
                break
            await self.ctx.tick()
        seen = [int(self.ctx.get(getattr(self.dut, name))) for name in names]
        while self.chance.random() < self.stall:
            await self.ctx.tick()
            assert self.ctx.get(getattr(self.dut, f"{channel}valid"))
            assert seen == [int(self.ctx.get(getattr(self.dut, name))) for name in names]
        self.ctx.set(getattr(self.dut, f"{channel}ready"), 1)
        await self.until(f"{channel}valid")
        self.ctx.set(getattr(self.dut, f"{channel}ready"), 0)
        assert not self.ctx.get(getattr(self.dut, f"{channel}valid")), "a second response"
        return seen

    async def read(self, name: str) -> int:
        await self.offer("ar", araddr=OFFSETS[name])
        data, response = await self.answer("r", "rdata", "rresp")
        assert response == 0
        return data

    async def write(self, name: str, value: int, strobes: int = 15) -> None:
        self.ctx.set(self.dut.awaddr, OFFSETS[name])
        self.ctx.set(self.dut.awvalid, 1)
        for _ in range(3):  # an address alone is no write
            assert not self.ctx.get(self.dut.awready) and not self.ctx.get(self.dut.bvalid)
            await self.ctx.tick()
        await self.offer("w", wdata=value, wstrb=strobes)
        self.ctx.set(self.dut.awvalid, 0)
        assert await self.answer("b", "bresp") == [0]


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_registers_are_read_and_written(pace: Pace) -> None:
    dut = Reached(AxiLite())

    async def bench(ctx: Any) -> None:
        manager = Manager(ctx, dut, pace)
        assert await manager.read("IDENT") == IDENT
        assert [await manager.read(each.name) for each in MAP[-8:]] == IDENTITY
        ctx.set(dut.events, EVENTS.const({"bad": 1}))
        await ctx.tick()
        ctx.set(dut.events, EVENTS.const({}))
        assert await manager.read("STATUS") == 2
        await manager.write("STATUS", 2, strobes=14)
        assert await manager.read("STATUS") == 2
        await manager.write("STATUS", 2)
        assert await manager.read("STATUS") == 0

    simulate(dut, bench)


def test_a_read_and_a_write_at_once_are_both_done() -> None:
    dut = Reached(AxiLite())

    async def bench(ctx: Any) -> None:
        ctx.set(dut.events, EVENTS.const({"bad": 1}))
        await ctx.tick()
        ctx.set(dut.events, EVENTS.const({}))
        manager = Manager(ctx, dut, PACES[0])
        ctx.set(dut.awaddr, OFFSETS["STATUS"])
        ctx.set(dut.wdata, 2)
        ctx.set(dut.wstrb, 1)
        ctx.set(dut.awvalid, 1)
        ctx.set(dut.wvalid, 1)
        await manager.offer("ar", araddr=OFFSETS["STATUS"])
        await manager.until("awready")
        ctx.set(dut.awvalid, 0)
        ctx.set(dut.wvalid, 0)
        assert await manager.answer("r", "rdata") == [2]  # the read goes first
        assert await manager.answer("b", "bresp") == [0]
        assert await manager.read("STATUS") == 0

    simulate(dut, bench)
