"""Counts plus constants, a cycle later, and their row of carry cells."""

import random

import pytest
from amaranth import Shape, signed, unsigned

from hw.cores.mvu.offsets import Offsets, verilog
from sim.beats import joined
from sim.cycles import cycles


@pytest.mark.parametrize("count", [unsigned(3), signed(3)], ids=str)
@pytest.mark.parametrize("constants", [[0], [-8, 7], [3, -1, -5]], ids=str)
def test_a_sum_is_its_constant_and_count_and_carry(constants: list[int], count: Shape) -> None:
    rng, low = random.Random(len(constants)), -4 if count.signed else 0
    ends = [[low] * len(constants), [low + 7] * len(constants)]
    counts = [*ends, *([rng.randint(low, low + 7) for _ in constants] for _ in range(60))]
    carries = [[rng.randint(0, 1) for _ in constants] for _ in counts]
    asked = [
        {"count": joined(some, 3), "carry": joined(carry, 1)}
        for some, carry in zip(counts, carries, strict=True)
    ]
    dut = Offsets(total=signed(6), count=count, constants=constants)
    found = cycles(dut, [*asked, {}], ["sum"])[1:]
    assert found == [
        (joined(map(sum, zip(constants, some, carry, strict=True)), 6),)
        for some, carry in zip(counts, carries, strict=True)
    ]


@pytest.mark.parametrize(("width", "halves"), [(1, 2), (6, 8), (7, 8)])
def test_a_sum_is_one_row_of_carry_cells(width: int, halves: int) -> None:
    text = verilog(width, 1)
    assert text.startswith(f"module offset{width}_1(")
    assert text.count("CCU2C #") * 2 == halves
    assert text.count(".CIN()") == 1


def test_constants_of_other_bits_are_other_cells() -> None:
    texts = {verilog(4, start).partition("\n")[2] for start in range(16)}
    assert len(texts) == 16
