"""Pipeline registers: values come so many cycles late, and only what is valid is reset."""

import random

import pytest
from amaranth import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.cores.fabric.delay import delayed, registered
from sim.cycles import cycles


class Delayed(wiring.Component):
    """A value and whether it counts, so many cycles of ``go`` later."""

    def __init__(self, count: int) -> None:
        self._cycles = count
        super().__init__({
            "go": In(1, init=1), "value": In(signed(5)), "valid": In(1),
            "late_value": Out(signed(5)), "late_valid": Out(1),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        with m.If(self.go):
            late = delayed(m, {"value": self.value, "valid": self.valid}, self._cycles)
        m.d.comb += [self.late_value.eq(late["value"]), self.late_valid.eq(late["valid"])]
        return m


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_values_are_late_by_so_many_cycles_of_their_condition(count: int, share: float) -> None:
    rng = random.Random(count)
    asked = [
        {"go": rng.random() < share, "value": rng.randint(-16, 15), "valid": rng.randint(0, 1)}
        for _ in range(60)
    ]
    found = cycles(Delayed(count), asked, ["late_value", "late_valid"])
    line = [(0, 0)] * count
    for now, seen in zip(asked, found, strict=True):
        line.insert(0, (now["value"], now["valid"]))
        assert seen == line[count]
        if not now["go"]:
            line.pop(0)


def test_a_reset_in_between_leaves_values_and_takes_back_what_is_valid() -> None:
    asked = [{"value": 9, "valid": 1, "reset": 0}, {}, {"reset": 1}, {"reset": 0}]
    found = cycles(Delayed(2), asked, ["late_value", "late_valid"], reset=Signal())
    assert found == [(0, 0), (0, 0), (9, 1), (9, 0)]


def test_one_value_alone_is_as_late_and_keeps_its_shape() -> None:
    m, value = Module(), Signal(signed(7))
    late = registered(m, value, "kept", 2)
    assert late.shape() == signed(7)
    assert isinstance(late, Signal) and late.name == "kept"
    assert registered(m, value, "none", 0) is value
