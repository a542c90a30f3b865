"""Bytes in many blocks: each is found again in its block, in the cycles that the tree takes."""

import random
from typing import Any

import pytest
from amaranth.back import rtlil

from boards.catalogue import board
from boards.families import ECP5, ICE40
from hw.cores.link.pages import FAN_IN, Pages
from hw.emit.project import platform
from sim.cycles import simulate

PAGE = ECP5.bytes_of_a_block

DEPTHS = {
    "one byte": 1, "a few": 5, "one block": PAGE, "a byte more": PAGE + 1,
    "three blocks": 2 * PAGE + 7, "four blocks": 4 * PAGE, "five blocks": 4 * PAGE + 1,
    "seventeen blocks": 16 * PAGE + 3,
}  # fmt: skip


def levels(pages: int) -> int:
    """Of choices between blocks, four at a time."""
    count = 0
    while pages > 1:
        pages, count = -(-pages // FAN_IN), count + 1
    return count


def places(depth: int, page: int, rng: random.Random) -> list[int]:
    """Both ends of every block, and others."""
    ends = [at for first in range(0, depth, page) for at in (first, first + page - 1, first + 1)]
    some = {at for at in (*ends, depth - 1) if at < depth}
    return sorted(some | {rng.randrange(depth) for _ in range(10)})


def reads(depth: int, page: int, device: object, seed: int) -> None:
    """Write bytes of all blocks, and read them in any order."""
    rng, dut = random.Random(seed), Pages(depth)
    late = levels(-(-depth // page)) + 1

    async def bench(ctx: Any) -> None:
        held = {at: rng.getrandbits(8) for at in places(depth, page, rng)}
        for at, byte in rng.sample(list(held.items()), len(held)):
            ctx.set(dut.write, 1)
            ctx.set(dut.write_address, at)
            ctx.set(dut.write_data, byte)
            await ctx.tick()
        ctx.set(dut.write, 0)
        await ctx.tick().repeat(2)
        for at in rng.sample(list(held), len(held)):
            ctx.set(dut.read, 1)
            ctx.set(dut.read_address, at)
            for _ in range(late):
                assert not ctx.get(dut.done)
                await ctx.tick()
                ctx.set(dut.read, 0)
            assert (ctx.get(dut.done), ctx.get(dut.data)) == (1, held[at])
            await ctx.tick()

    simulate(dut, bench, platform=device)


@pytest.mark.parametrize("name", DEPTHS)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_a_byte_is_read_where_it_was_written(name: str, seed: int) -> None:
    reads(DEPTHS[name], PAGE, None, seed)


@pytest.mark.parametrize("pages", [1, 3, 6])
def test_blocks_of_ice40_are_smaller(pages: int) -> None:
    assert ICE40.bytes_of_a_block < PAGE
    page = ICE40.bytes_of_a_block
    reads((pages - 1) * page + 9, page, platform(board("icebreaker"), "UP5K"), pages)


@pytest.mark.parametrize(("name", "count"), [("a few", 1), ("one block", 1), ("a byte more", 2),
                                             ("four blocks", 4), ("five blocks", 5)])
def test_there_are_as_many_memories_as_blocks(name: str, count: int) -> None:
    text = rtlil.convert(Pages(DEPTHS[name]))
    assert text.count("memory width 8 ") == count


def test_no_byte_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="0 bytes of memory; there must be at least 1"):
        Pages(0)
