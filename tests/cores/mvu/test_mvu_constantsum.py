"""Dot products with constant weights: plain sums give the counts, pixel by pixel, in time."""

import itertools
import random

import pytest

from hw.cores.mvu.constantsum import ConstantSum, latency
from sim.beats import joined
from sim.cycles import cycles


def unit(seed: int, outputs: int, inputs: int, **sizes: int) -> ConstantSum:
    weights = random.Random(seed).getrandbits(outputs * inputs)
    return ConstantSum(words=[weights], outputs=outputs, inputs=inputs, **sizes)


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize(("outputs", "inputs", "element", "pixels"), [
    (1, 1, 1, 1), (2, 2, 1, 1), (3, 3, 1, 2), (5, 12, 1, 1), (4, 33, 1, 1), (2, 1, 3, 2),
    (3, 9, 4, 1), (2, 5, 8, 3),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_lane_counts_its_pixel_and_row(
    outputs: int, inputs: int, element: int, pixels: int, levels: int, seed: int
) -> None:
    dut = unit(seed, outputs, inputs, element=element, pixels=pixels, levels=levels)
    rng = random.Random(seed)
    weights = rng.getrandbits(outputs * inputs)
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    frames = [[[end] * inputs] * pixels for end in (low, high)]
    frames += [[[rng.randint(low, high) for _ in range(inputs)] for _ in range(pixels)]
               for _ in range(30)]  # fmt: skip
    asked = [{"i": joined(itertools.chain(*frame), element)} for frame in frames]
    found = cycles(dut, [*asked, *[{}] * dut.latency], ["o", "carry"])[dut.latency :]
    bits = dut.shape.width
    for frame, (o, carry) in zip(frames, found, strict=True):
        for k, (vector, p) in enumerate(itertools.product(frame, range(outputs))):
            row = weights >> p * inputs
            count = sum(
                x if row >> s & 1 else 1 - x if element == 1 else ~x for s, x in enumerate(vector)
            )
            total = o >> k * bits & (1 << bits) - 1
            if dut.shape.signed and total >> bits - 1:
                total -= 1 << bits
            assert total + (carry >> k & 1) - dut.excess[p][0] == count


@pytest.mark.parametrize(("inputs", "element", "levels", "cycles"), [
    (1, 1, 1, 1), (2, 1, 1, 2), (9, 1, 2, 3), (64, 1, 1, 7), (9, 4, 1, 4), (9, 4, 9, 1),
])
def test_latency_is_a_register_first_and_one_after_every_so_many_adders(
    inputs: int, element: int, levels: int, cycles: int
) -> None:
    assert latency(inputs, element, levels) == cycles
    assert unit(1, 2, inputs, element=element, levels=levels).latency == cycles


def test_agreeing_bits_are_shown_pixel_by_pixel() -> None:
    dut = unit(3, 2, 4, levels=2, pixels=2)
    weights = random.Random(3).getrandbits(8)
    top = [{"i": value} for value in (0x00, 0xFF, 0x5A, 0xC3)]
    found = [match for (match,) in cycles(dut, [*top, {}], ["match"])[1:]]
    assert found == [
        ~((pixel & 0xF) * 0x11 ^ weights) & 0xFF | (~((pixel >> 4) * 0x11 ^ weights) & 0xFF) << 8
        for pixel in (0x00, 0xFF, 0x5A, 0xC3)
    ]
    assert len(unit(3, 2, 4, levels=2, element=2).match) == 0
