"""The stream that nothing stops: its members' directions, and those who speak it fit together."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth import Module, Signal, unsigned
from amaranth.hdl import Shape
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.pool import Pool
from hw.cores.stream.credit import CreditStream
from hw.cores.stream.creditfifo import CreditFifo
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from sim.cycles import simulate


@pytest.mark.parametrize(
    "shape", [1, 12, unsigned(7), data.StructLayout({"a": 3, "b": 2})], ids=str
)
def test_room_alone_comes_back(shape: Any) -> None:
    members = dict(CreditStream(shape).members)
    assert {name: member.flow for name, member in members.items()} == {
        "p": Out, "valid": Out, "room": In, "reserve": Out
    }  # fmt: skip
    assert Shape.cast(members["p"].shape) == Shape.cast(shape)
    assert all(members[name].shape == 1 for name in ("valid", "room", "reserve"))


def test_who_gives_and_who_takes_connect() -> None:
    window = Window(WindowSizes(
        geometry=WindowGeometry.of(height=3, width=3, kernel=(2, 2)), channels=4, simd=4
    ))
    mvu = Mvu(
        MvuSizes(outputs=1, inputs=16, pe=1, simd=4),
        np.zeros((1, 16), bool), np.ones((1, 1, 1, 1), np.int64),
    )  # fmt: skip
    m = Module()
    connect(m, window.o, mvu.i)
    pool = Pool(any_of=[True] * 3, taps=4)
    with pytest.raises(wiring.ConnectionError, match="width"):
        connect(Module(), window.o, pool.i)


class Ends(wiring.Component):
    """A source of numbers that heeds the credit, so many cycles from a queue of so many words."""

    def __init__(self, flight: int, words: int) -> None:
        self._flight, self._words = flight, words
        super().__init__({"go": In(1), "ready": In(1), "taken": Out(1), "number": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        way = CreditStream(8).create()
        m.submodules.queue = queue = CreditFifo(8, self._words)
        number = Signal(8)
        arrives, value = way.reserve, number
        for _ in range(self._flight):
            later, following = Signal(), Signal(8)
            m.d.sync += [later.eq(arrives), following.eq(value)]
            arrives, value = later, following
        m.d.comb += [
            way.room.eq(queue.room), way.reserve.eq(self.go & way.room),
            way.valid.eq(arrives), way.p.eq(value),
            queue.reserve.eq(way.reserve), queue.push.eq(way.valid), queue.word.eq(way.p),
            queue.o.ready.eq(self.ready),
            self.taken.eq(queue.o.valid & queue.o.ready), self.number.eq(queue.o.payload),
        ]  # fmt: skip
        m.d.sync += number.eq(number + way.reserve)
        return m


@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
@pytest.mark.parametrize(("flight", "words"), [(0, 1), (1, 2), (5, 2), (3, 6)])
def test_what_sets_out_with_credit_always_finds_room(flight: int, words: int, seed: int) -> None:
    dut, rng, found = Ends(flight, words), random.Random(seed), list[int]()

    async def bench(ctx: Any) -> None:
        for _ in range(250):
            ctx.set(dut.go, rng.random() < 0.8)
            ctx.set(dut.ready, rng.random() < 0.5)
            if ctx.get(dut.taken):
                found.append(ctx.get(dut.number))
            await ctx.tick()

    simulate(dut, bench)
    assert found == [number % 256 for number in range(len(found))]
    assert len(found) > 20
