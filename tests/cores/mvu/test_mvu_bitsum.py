"""Dot products of bits: counts of agreeing inputs and weights, the last product apart."""

import random

import pytest

from hw.cores.mvu.bitsum import BitSum, counted, latency
from sim.beats import joined
from sim.cycles import cycles


def counts(dut: BitSum, inputs: list[int], weights: list[int]) -> list[list[tuple[int, int]]]:
    """The counts and carries of every lane, for inputs that come one a cycle."""
    late = dut.latency
    asked = [
        {"i": i, "weights": w}  # weights come a cycle later: from a register, inputs before one
        for i, w in zip([*inputs, *[0] * late], [0, *weights, *[0] * (late - 1)], strict=True)
    ]
    bits, found = dut.shape.width, []
    for o, carry in cycles(dut, asked, ["o", "carry"])[late:]:
        lanes = range(len(dut.o))
        found.append([(o >> bits * k & (1 << bits) - 1, carry >> k & 1) for k in lanes])
    return found


@pytest.mark.parametrize("inputs", [1, 3, 4])
def test_bit_sum_counts_agreeing_bits_and_the_last_apart(inputs: int) -> None:
    ones, apart = (1 << inputs) - 1, inputs > 1
    every = range(1 << 3 * inputs)  # the inputs, and the weights of two outputs
    expected = []
    for value in every:
        agreeing = [~(value ^ value >> inputs * p) & ones for p in (1, 2)]
        expected.append([
            ((bits & ones >> apart).bit_count(), bits >> inputs - 1 & apart) for bits in agreeing
        ])
    dut = BitSum(outputs=2, inputs=inputs, levels=1)
    given = [value & ones for value in every], [value >> inputs for value in every]
    assert counts(dut, *given) == expected


@pytest.mark.parametrize(
    ("outputs", "inputs", "levels", "pixels"), [(1, 2, 3, 3), (3, 9, 2, 2), (2, 33, 3, 1)]
)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_pixels_share_the_weights(
    outputs: int, inputs: int, levels: int, pixels: int, seed: int
) -> None:
    rng = random.Random(seed)
    vectors = [[rng.getrandbits(inputs) for _ in range(pixels)] for _ in range(20)]
    rows = [[rng.getrandbits(inputs) for _ in range(outputs)] for _ in range(20)]
    dut = BitSum(outputs=outputs, inputs=inputs, levels=levels, pixels=pixels)
    found = counts(dut, *([joined(each, inputs) for each in some] for some in (vectors, rows)))
    assert [[count + carry for count, carry in lanes] for lanes in found] == [
        [inputs - (x ^ w).bit_count() for x in vector for w in row]
        for vector, row in zip(vectors, rows, strict=True)
    ]


@pytest.mark.parametrize(
    ("inputs", "levels", "of", "cycles"),
    [(1, 3, 1, 2), (2, 3, 1, 2), (4, 1, 3, 3), (32, 3, 31, 4), (32, 6, 31, 2)],
)
def test_all_products_but_the_last_are_counted(
    inputs: int, levels: int, of: int, cycles: int
) -> None:
    assert counted(inputs) == of
    assert latency(inputs, levels) == cycles == BitSum(
        outputs=1, inputs=inputs, levels=levels).latency
