"""Positions in order, each when its pixels are there, and room for no pixel too many."""

import random
from itertools import product
from typing import Any

import pytest
from amaranth import Signal

from hw.cores.window.depth import depth as buffer_depth
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.positions import Positions
from hw.sliding import Axis
from sim.cycles import PACES, Pace, simulate

FRAMES = 2


def span(
    map_: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0), pixels: int = 1, beat: int = 1,
) -> WindowGeometry:  # fmt: skip
    (height, width), (ky, kx), (sy, sx), (py, px) = map_, kernel, stride, padding
    return WindowGeometry(
        rows=Axis(size=height, kernel=ky, stride=sy, padding=py),
        columns=Axis(size=width, kernel=kx, stride=sx, padding=px, pixels=pixels), beat=beat,
    )


SPANS = {
    "one pixel": span((1, 1), (1, 1)),
    "plain": span((4, 5), (2, 3)),
    "padded": span((4, 4), (3, 3), padding=(1, 1)),
    "strided": span((5, 7), (3, 3), stride=(2, 2), padding=(1, 0)),
    "stride beyond kernel": span((6, 7), (1, 2), stride=(3, 4)),
    "covering": span((3, 4), (3, 4)),
    "leaves rows and columns": span((7, 8), (2, 2), stride=(3, 3)),
    "two at once": span((3, 6), (2, 3), pixels=2),
    "whole row at once, padded": span((3, 4), (3, 3), padding=(1, 1), pixels=4),
    "beyond the map": span((2, 2), (4, 4), padding=(2, 2)),
    "two come": span((4, 6), (3, 3), pixels=2, beat=2),
    "four come, padded": span((3, 8), (3, 3), padding=(1, 1), pixels=4, beat=4),
    "two come, strided": span((6, 8), (3, 3), stride=(2, 2), padding=(1, 1), beat=2),
}


def classes(steps: int) -> list[int]:
    return [0, *[1] * (steps - 2), 2][:steps]


@pytest.mark.parametrize("tight", [False, True], ids=["default", "least"])
@pytest.mark.parametrize("name", SPANS)
@pytest.mark.parametrize("pace", PACES, ids=str)
def test_positions_are_offered_in_order_when_their_pixels_came(
    name: str, tight: bool, pace: Pace
) -> None:
    one, rng = SPANS[name], random.Random(pace.seed)
    depth, room = max(buffer_depth(one, 1), 2), one.least if tight else max(buffer_depth(one, 1), 2)
    rows, columns = one.rows, one.columns
    row_class, column_class = classes(rows.steps), classes(columns.steps)
    many = max(column_class) + 1
    dut = Positions(
        geometry=one, ahead=2, depth=depth, room=room,
        row_class=row_class, column_class=column_class,
    )  # fmt: skip
    order = list(product(range(FRAMES), range(rows.steps), range(columns.steps)))

    async def bench(ctx: Any) -> None:
        came: list[int] = []  # cycles of words
        taken, gone, cycle, moved = 0, 0, 0, 0
        while taken < len(order):
            assert cycle - moved < 200
            # Room is never given for a word more than fits beside those that are still needed.
            if ctx.get(dut.room):
                assert len(came) - gone < room
                if len(came) < FRAMES * one.words and rng.random() >= pace.stall:
                    ctx.set(dut.word, 1)
                    came.append(cycle)
                    moved = cycle
            if ctx.get(dut.o.valid):
                frame, y, x = order[taken]
                last = frame * one.words + one.needs(y, x) - 1
                assert len(came) > last and cycle >= came[last] + 2
                offered = dut.o.p
                corner = (frame * rows.size + rows.start(y)) * columns.size + columns.start(x)
                assert ctx.get(offered.corner) == corner // one.beat % depth
                assert ctx.get(offered.border) == row_class[y] * many + column_class[x]
                assert ctx.get(offered.ends) == (x == columns.steps - 1)
                above = sum(out << k for k, out in enumerate(rows.outside(y)))
                beside = sum(out << k for k, out in enumerate(columns.outside(x)))
                assert (ctx.get(offered.above), ctx.get(offered.beside)) == (above, beside)
            ready = rng.random() >= pace.stall
            ctx.set(dut.o.ready, ready)
            if ready and ctx.get(dut.o.valid):
                frame, y, x = order[taken]
                if x == columns.steps - 1:
                    gone = frame * one.words + rows.frees(y) * one.width
                taken += 1
                moved = cycle
            await ctx.tick()
            ctx.set(dut.word, 0)
            cycle += 1
        ctx.set(dut.o.ready, 1)
        for _ in range(6):
            assert not ctx.get(dut.o.valid)  # of pixels of a frame that has not begun there is none
            await ctx.tick()

    simulate(dut, bench)


@pytest.mark.parametrize("name", ["plain", "padded", "covering", "two at once"])
def test_the_first_position_comes_two_cycles_after_its_last_pixel(name: str) -> None:
    one = SPANS[name]
    depth = buffer_depth(one, 1)
    dut = Positions(
        geometry=one, ahead=2, depth=depth, room=depth, row_class=[0] * one.rows.steps,
        column_class=[0] * one.columns.steps,
    )  # fmt: skip
    seen = []

    async def bench(ctx: Any) -> None:
        for cycle in range(one.needs(0, 0) + 4):
            ctx.set(dut.word, cycle < one.needs(0, 0))
            seen.append(ctx.get(dut.o.valid))
            await ctx.tick()

    simulate(dut, bench)
    assert seen.index(1) == one.needs(0, 0) - 1 + 2


@pytest.mark.parametrize("name", ["plain", "strided", "leaves rows and columns"])
def test_full_comes_back_two_cycles_after_the_last_position_of_a_row(name: str) -> None:
    one = SPANS[name]
    dut = Positions(
        geometry=one, ahead=2, depth=buffer_depth(one, 1), room=one.least,
        row_class=[0] * one.rows.steps, column_class=[0] * one.columns.steps,
    )  # fmt: skip

    async def bench(ctx: Any) -> None:
        given = 0
        for _ in range(2 * one.least + 8):
            ctx.set(dut.word, ctx.get(dut.room))
            given += ctx.get(dut.room)
            await ctx.tick()
        assert given == one.least
        ctx.set(dut.word, 0)
        for _ in range(60):
            ctx.set(dut.o.ready, 1)
            ends = ctx.get(dut.o.valid) and ctx.get(dut.o.p.ends)
            assert not ctx.get(dut.room)
            await ctx.tick()
            if ends and one.rows.frees(0):
                ctx.set(dut.o.ready, 0)
                assert not ctx.get(dut.room)
                await ctx.tick()
                assert ctx.get(dut.room)
                return
        raise AssertionError("the first row has no end")

    simulate(dut, bench)


def test_a_reset_in_between_begins_with_the_first_position_again() -> None:
    one, reset = SPANS["padded"], Signal()
    dut = Positions(
        geometry=one, ahead=2, depth=16, room=16, row_class=[0] * 4, column_class=[0] * 4
    )

    async def bench(ctx: Any) -> None:
        corners = []
        for _ in range(2):
            ctx.set(dut.word, 1)
            ctx.set(dut.o.ready, 1)
            found = []
            for _ in range(13):
                if ctx.get(dut.o.valid):
                    found.append(ctx.get(dut.o.p.corner))
                await ctx.tick()
            corners.append(found)
            ctx.set(dut.word, 0)
            ctx.set(reset, 1)
            await ctx.tick()
            ctx.set(reset, 0)
            await ctx.tick().repeat(3)
            assert not ctx.get(dut.o.valid) and ctx.get(dut.room)
        assert corners[0] == corners[1] != []

    simulate(dut, bench, reset=reset)
