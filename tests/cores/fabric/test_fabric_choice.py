"""A constant by its index: right for every index, and free where all are equal."""

from collections.abc import Sequence

import pytest
from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.choice import chosen
from sim.cycles import cycles


class Chosen(wiring.Component):
    """Twelve bits of what is chosen, its sign repeated."""

    def __init__(self, values: Sequence[int]) -> None:
        self._values = values
        super().__init__({"index": In(ceil_log2(len(values))), "o": Out(12)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.o.eq(chosen(m, "value", self.index, self._values))
        return m


CHOICES = {
    "one": [5],
    "two": [0, 1],
    "negative": [-3, -3, 4, -8],
    "all negative": [-1, -2, -1, -4],
    "not a power of two": [7, 7, 0, 9, 7],
    "most alike": [2] * 11 + [900] + [2] * 4,
    "all different": list(range(-9, 9)),
    "a tie": [6, 1, 6, 1],
}


@pytest.mark.parametrize("name", CHOICES)
def test_every_index_chooses_its_value(name: str) -> None:
    values = CHOICES[name]
    found = cycles(Chosen(values), [{"index": k} for k in range(len(values))], ["o"])
    assert found == [(value % (1 << 12),) for value in values]


@pytest.mark.parametrize("value", [0, 1, -5])
def test_what_is_always_the_same_is_a_constant(value: int) -> None:
    made = chosen(Module(), "value", Signal(3), [value] * 6)
    assert isinstance(made, Const) and made.value == value


@pytest.mark.parametrize(("values", "width", "signed"), [
    ([0, 1], 1, False), ([3, 8, 3], 4, False), ([-8, 7], 4, True), ([-1, -3], 3, True),
])
def test_a_choice_is_no_wider_than_its_values(
    values: list[int], width: int, signed: bool
) -> None:
    shape = chosen(Module(), "value", Signal(2), values).shape()
    assert (shape.width, shape.signed) == (width, signed)
