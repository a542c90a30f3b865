"""Products of signed integers, in blocks and in LUTs, in the cycles they promise."""

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards.families import ECP5, ICE40
from hw.cores.fabric.home import WeightsHome
from hw.cores.integers.multiplier import HOMES, blocks, cycles, product, resources
from sim.cycles import cycles as simulated


class Product(wiring.Component):
    """A product of its ports."""

    def __init__(self, number: int, factor: int, home: WeightsHome) -> None:
        self._home = home
        super().__init__({"number": In(number), "factor": In(factor), "enable": In(1),
                          "o": Out(number + factor)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        made = product(
            m, [self.enable] * 9, self.number.as_signed(), self.factor.as_signed(), self._home
        )
        wide = Signal(len(self.o))
        m.d.comb += [wide.eq(made), self.o.eq(wide)]
        return m


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(("number", "factor"), [(3, 1), (3, 2), (4, 3), (2, 4), (3, 5)])
def test_every_product_comes_in_its_cycles(number: int, factor: int, home: WeightsHome) -> None:
    late = cycles(factor, home)
    pairs = [(a, b) for a in range(1 << number) for b in range(1 << factor)]
    given = [{"number": a, "factor": b, "enable": 1} for a, b in pairs] + [{}] * late
    rows = simulated(Product(number, factor, home), given, ["o"])

    def signed(value: int, bits: int) -> int:
        return value - (value >> bits - 1 << bits)

    assert [row for (row,) in rows[late:]] == [
        signed(a, number) * signed(b, factor) % (1 << number + factor) for a, b in pairs]


@pytest.mark.parametrize("home", HOMES)
def test_nothing_moves_without_enable(home: WeightsHome) -> None:
    late = cycles(4, home)
    given = [{"number": 3, "factor": 5, "enable": 1}, {"number": 1, "enable": 0}, {}, {},
             *[{"enable": 1}] * (late + 1)]
    rows = simulated(Product(4, 4, home), given, ["o"])
    assert len({*rows[1:4]}) == 1
    assert rows[3 + late :] == [(15,), (5,)]


def test_blocks_are_those_of_parts_that_a_family_multiplies() -> None:
    assert [blocks(bits, 18) for bits in (2, 18, 19, 35, 36)] == [1, 1, 2, 2, 3]
    assert blocks(19, 19) == 4 and blocks(18, 16, ICE40) == 2 and blocks(18, 16, ECP5) == 1


def test_a_product_without_a_block_costs_a_row_for_each_bit() -> None:
    assert resources(8, 8, "multiplier").lut == 0
    assert 0 < resources(8, 4, "lut").lut < resources(8, 8, "lut").lut
    assert resources(8, 4, "lut").ff < resources(8, 8, "lut").ff
