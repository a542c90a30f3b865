"""Sums of two streams: beats that come at other times are added to those they belong to."""

import random
from typing import Any

import pytest
from amaranth import Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.integers.add import LATENCY, Add, parts, resized, resources
from sim.beats import joined
from sim.cycles import PACES, Pace, cycles, passed


class Both(wiring.Component):
    """An `Add` of one stream whose beats have those of both."""

    def __init__(self, lanes: int, one: int, other: int, width: int) -> None:
        self._core = Add(lanes=lanes, widths=(one, other), width=width)
        self._low = lanes * one
        super().__init__({
            "i": In(stream.Signature(lanes * (one + other))),
            "o": Out(stream.Signature(lanes * width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self._core
        m.d.comb += [
            core.i.payload.eq(self.i.payload[: self._low]),
            core.i1.payload.eq(self.i.payload[self._low :]),
            core.i.valid.eq(self.i.valid), core.i1.valid.eq(self.i.valid),
            self.i.ready.eq(core.i.ready & core.i1.ready),
        ]
        connect(m, core.o, flipped(self.o))
        return m


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("lanes", "one", "other", "width"), [
    (1, 2, 2, 3), (3, 5, 9, 10), (2, 8, 4, 9), (4, 6, 6, 6)
])
def test_lanes_are_added_a_beat_a_cycle(
    lanes: int, one: int, other: int, width: int, pace: Pace
) -> None:
    rng = random.Random(pace.seed)
    sent, expected = [], []
    for _ in range(20):
        # In the last case sums fit by what the caller knows.
        pairs = [
            (rng.randint(-1 << one - 1, (1 << one - 1) - 1) >> (width < 7),
             rng.randint(-1 << other - 1, (1 << other - 1) - 1) >> (width < 7 and other > 2))
            for _ in range(lanes)
        ]
        sent.append(joined([a % (1 << one) for a, _ in pairs], one)
                    | joined([b % (1 << other) for _, b in pairs], other) << lanes * one)
        expected.append(joined([(a + b) % (1 << width) for a, b in pairs], width))
    found = passed(Both(lanes, one, other, width), sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        assert found.received == [cycle + LATENCY for cycle in found.sent]
        assert found.sent == [*range(len(sent))]


def test_neither_is_taken_without_the_other() -> None:
    core = Add(lanes=1, widths=(4, 4), width=5)

    class Ports(wiring.Component):
        """Its ports as plain signals."""

        def __init__(self) -> None:
            super().__init__({"one": In(1), "other": In(1), "ready": In(1), "taken": Out(2),
                              "sum": Out(5), "valid": Out(1)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            m.submodules.core = core
            m.d.comb += [
                core.i.valid.eq(self.one), core.i1.valid.eq(self.other), core.i.payload.eq(3),
                core.i1.payload.eq(14), core.o.ready.eq(self.ready),
                self.taken[0].eq(core.i.ready), self.taken[1].eq(core.i1.ready),
                self.sum.eq(core.o.payload), self.valid.eq(core.o.valid),
            ]
            return m

    given: list[dict[str, Any]] = [
        {"one": 1, "ready": 1}, {"other": 1}, {"one": 0, "ready": 0}, {"one": 1}, {"ready": 1}, {}]
    rows = cycles(Ports(), given, ["taken", "sum", "valid"])
    assert [(taken, valid) for taken, _, valid in rows] == [
        (0, 0), (3, 0), (0, 1), (0, 1), (3, 1), (3, 1)]
    assert rows[2][1] == 1


def test_integers_are_parted_and_widened() -> None:
    core = resources(3, 8)
    assert core.ff == 25 and core.lut > resources(1, 8).lut

    class Wider(wiring.Component):
        def __init__(self) -> None:
            super().__init__({"i": In(6), "wide": Out(5), "narrow": Out(2)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            high = parts(self.i, 3)[1]
            m.d.comb += [self.wide.eq(resized(high, signed(5))),
                         self.narrow.eq(resized(high, signed(2)))]
            return m

    assert cycles(Wider(), [{"i": 0b101_010}], ["wide", "narrow"]) == [(0b11101, 0b01)]
