"""Dot products with constant weights: plain sums give the counts, pixel by pixel, in time."""

import itertools
import random

import pytest

from hw.cores.mvu.constantsum import ConstantSum, latency
from sim.beats import joined
from sim.cycles import cycles


def drawn(seed: int, outputs: int, inputs: int, steps: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.getrandbits(outputs * inputs) for _ in range(steps)]


def unit(seed: int, outputs: int, inputs: int, steps: int = 1, **sizes: int) -> ConstantSum:
    words = drawn(seed, outputs, inputs, steps)
    return ConstantSum(words=words, outputs=outputs, inputs=inputs, **sizes)


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize(("outputs", "inputs", "element", "pixels", "steps"), [
    (1, 1, 1, 1, 1), (2, 2, 1, 1, 1), (3, 3, 1, 2, 1), (5, 12, 1, 1, 1), (4, 33, 1, 1, 1),
    (2, 1, 3, 2, 1), (3, 9, 4, 1, 1), (2, 5, 8, 3, 1), (1, 1, 1, 1, 2), (3, 3, 1, 2, 3),
    (4, 33, 1, 1, 8), (6, 27, 1, 1, 16), (2, 5, 8, 3, 5),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_lane_counts_its_pixel_and_row_at_every_step(
    outputs: int, inputs: int, element: int, pixels: int, steps: int, levels: int, seed: int
) -> None:
    dut = unit(seed, outputs, inputs, steps, element=element, pixels=pixels, levels=levels)
    rng, words = random.Random(seed), drawn(seed, outputs, inputs, steps)
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    frames = [[[end] * inputs] * pixels for end in (low, high)]
    frames += [[[rng.randint(low, high) for _ in range(inputs)] for _ in range(pixels)]
               for _ in range(30)]  # fmt: skip
    at = [rng.randrange(steps) for _ in frames]
    asked = [{"i": joined(itertools.chain(*frame), element), "step": step}
             for frame, step in zip(frames, at, strict=True)]  # fmt: skip
    found = cycles(dut, [*asked, *[{}] * dut.latency], ["o", "carry"])[dut.latency :]
    bits = dut.shape.width
    for frame, step, (o, carry) in zip(frames, at, found, strict=True):
        for k, (vector, p) in enumerate(itertools.product(frame, range(outputs))):
            row = words[step] >> p * inputs
            count = sum(
                x if row >> s & 1 else 1 - x if element == 1 else ~x for s, x in enumerate(vector)
            )
            total = o >> k * bits & (1 << bits) - 1
            if dut.shape.signed and total >> bits - 1:
                total -= 1 << bits
            assert total + (carry >> k & 1) - dut.excess[p][step] == count


@pytest.mark.parametrize(("inputs", "element", "levels", "steps", "cycles"), [
    (1, 1, 1, 1, 1), (2, 1, 1, 1, 2), (9, 1, 2, 1, 3), (64, 1, 1, 1, 7), (9, 4, 1, 1, 4),
    (9, 4, 9, 1, 1), (1, 1, 1, 2, 2), (9, 1, 2, 7, 4),
])
def test_latency_is_a_register_first_or_two_with_steps_and_one_after_every_so_many_adders(
    inputs: int, element: int, levels: int, steps: int, cycles: int
) -> None:
    assert latency(inputs, element, levels, steps) == cycles
    assert unit(1, 2, inputs, steps, element=element, levels=levels).latency == cycles


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


def test_agreeing_bits_are_those_of_the_step() -> None:
    dut, words = unit(3, 2, 4, 3, levels=2), drawn(3, 2, 4, 3)
    top = [{"i": 0xA, "step": step} for step in range(3)]
    found = [match for (match,) in cycles(dut, top, ["match"])]
    assert found == [~(0xAA ^ word) & 0xFF for word in words] and len(set(found)) == 3
