"""Dot products of pairs of bits with one weight: counts of agreeing inputs, and what they take."""

import random

import pytest

from hw.cores.mvu import bitsum, pairsum
from hw.cores.mvu.pairsum import PairSum, latency, lut, smaller
from sim.beats import joined
from sim.cycles import cycles


def counts(dut: PairSum, inputs: list[int], weights: list[int]) -> list[list[int]]:
    """The count and carry of every lane together, for inputs that come one a cycle."""
    late = dut.latency
    asked = [
        {"i": i, "weights": w}  # weights come a cycle later: from a register, inputs before one
        for i, w in zip([*inputs, *[0] * late], [0, *weights, *[0] * (late - 1)], strict=True)
    ]
    bits, found = dut.shape.width, []
    for o, carry in cycles(dut, asked, ["o", "carry"])[late:]:
        lanes = range(len(dut.o))
        found.append([(o >> bits * k & (1 << bits) - 1) + (carry >> k & 1) for k in lanes])
    return found


def agreeing(vector: int, row: int, inputs: int) -> int:
    return sum((vector >> k & 1) == (row >> k // 2 & 1) for k in range(inputs))


@pytest.mark.parametrize("levels", [1, 3])
def test_every_pair_of_bits_agrees_with_its_weight_or_not(levels: int) -> None:
    every = [(vector, rows) for vector in range(16) for rows in range(16)]
    dut = PairSum(outputs=2, inputs=4, levels=levels)
    assert counts(dut, [vector for vector, _ in every], [rows for _, rows in every]) == [
        [agreeing(vector, rows >> 2 * p & 3, 4) for p in range(2)] for vector, rows in every
    ]


@pytest.mark.parametrize(
    ("outputs", "inputs", "levels", "pixels"),
    [(1, 6, 3, 3), (3, 8, 2, 2), (2, 34, 3, 1), (2, 64, 1, 1), (2, 66, 4, 2)],
)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_pixels_share_the_weights_of_pairs(
    outputs: int, inputs: int, levels: int, pixels: int, seed: int
) -> None:
    rng, ones = random.Random(seed), (1 << inputs) - 1
    vectors = [[rng.getrandbits(inputs) for _ in range(pixels)] for _ in range(20)]
    vectors += [[ones] * pixels, [0] * pixels]
    rows = [[rng.getrandbits(inputs // 2) for _ in range(outputs)] for _ in vectors[:-2]]
    rows += [[ones >> inputs // 2] * outputs] * 2
    dut = PairSum(outputs=outputs, inputs=inputs, levels=levels, pixels=pixels)
    given = [joined(each, inputs) for each in vectors], [joined(each, inputs // 2) for each in rows]
    assert counts(dut, *given) == [
        [agreeing(x, w, inputs) for x in vector for w in row]
        for vector, row in zip(vectors, rows, strict=True)
    ]
    assert latency(inputs, levels) == dut.latency


@pytest.mark.parametrize(("pe", "simd", "fewer"), [
    (64, 2, False), (64, 4, False), (64, 7, False), (64, 16, False), (64, 24, True), (1, 8, False),
    (1, 64, False), (2, 64, False), (32, 384, True),
])  # fmt: skip
def test_pairs_are_counted_where_they_take_fewer_luts(pe: int, simd: int, fewer: bool) -> None:
    assert smaller(pe, simd) == fewer


def test_many_rows_of_pairs_take_two_thirds_of_those_of_bits_in_lut4() -> None:
    assert 0.6 < lut(16, 64) / bitsum.lut(16, 64, named_sums=False) < 0.7
    assert 0.8 < lut(16, 64) / bitsum.lut(16, 64) < 0.9
    assert pairsum.resources(16, 64).lut == lut(16, 64) == pairsum.resources(16, 64, 3).lut // 3
