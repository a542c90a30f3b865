"""Sums of small integers with +-1 weights, short by the pairs that were inverted."""

import itertools
import random

import pytest

from hw.cores.mvu.signedsum import SignedSum, latency
from sim.beats import joined
from sim.cycles import cycles


def sums(dut: SignedSum, inputs: list[int], weights: list[int]) -> list[list[int]]:
    """The sum of every lane, for inputs that come one a cycle."""
    late = dut.latency
    asked = [
        {"i": i, "weights": w}  # weights come a cycle later: from a register, inputs before one
        for i, w in zip([*inputs, *[0] * late], [0, *weights, *[0] * (late - 1)], strict=True)
    ]
    bits = dut.shape.width
    half = 1 << bits - 1
    return [
        [((o >> bits * k & 2 * half - 1) ^ half) - half for k in range(len(dut.o))]
        for (o,) in cycles(dut, asked, ["o"])[late:]
    ]


def short(elements: tuple[int, ...], weights: tuple[int, ...]) -> int:
    total = sum(e if w else -e for e, w in zip(elements, weights, strict=True))
    return total - weights[::2].count(0)


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("inputs", [1, 2, 3, 5])
def test_signed_sum_is_short_by_the_inverted_pairs(inputs: int, levels: int) -> None:
    dut = SignedSum(outputs=1, inputs=inputs, element=2, levels=levels)
    cases = list(itertools.product(
        itertools.product((-2, -1, 1) if inputs > 3 else (-2, -1, 0, 1), repeat=inputs),
        itertools.product((0, 1), repeat=inputs),
    ))
    found = sums(dut, [joined(e, 2) for e, _ in cases], [joined(w, 1) for _, w in cases])
    assert found == [[short(*case)] for case in cases]


@pytest.mark.parametrize(
    ("outputs", "inputs", "element", "pixels"), [(2, 4, 5, 1), (3, 9, 8, 2), (1, 1, 9, 3)]
)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_pixels_share_the_weights(
    outputs: int, inputs: int, element: int, pixels: int, seed: int
) -> None:
    rng, half = random.Random(seed), 1 << element - 1
    vectors = [[tuple(rng.choices(range(-half, half), k=inputs)) for _ in range(pixels)]
               for _ in range(20)]  # fmt: skip
    vectors[0] = [(-half,) * inputs] * pixels
    rows = [[tuple(rng.choices((0, 1), k=inputs)) for _ in range(outputs)] for _ in range(20)]
    rows[0] = [(k % 2,) * inputs for k in range(outputs)]
    dut = SignedSum(
        outputs=outputs, inputs=inputs, element=element, levels=1, pixels=pixels
    )
    found = sums(
        dut, [joined(itertools.chain(*vector), element) for vector in vectors],
        [joined(itertools.chain(*row), 1) for row in rows],
    )  # fmt: skip
    assert found == [
        [short(x, w) for x in vector for w in row]
        for vector, row in zip(vectors, rows, strict=True)
    ]


@pytest.mark.parametrize(
    ("inputs", "levels", "cycles"), [(1, 1, 1), (2, 1, 1), (4, 1, 1), (5, 1, 2), (27, 1, 4),
                                     (27, 2, 2), (27, 9, 1)]
)
def test_the_last_level_has_no_register(inputs: int, levels: int, cycles: int) -> None:
    assert latency(inputs, levels) == cycles
