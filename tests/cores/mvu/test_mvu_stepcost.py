"""The cost of sums whose weights are functions of a step, against the cells that they are of."""

import random
import statistics

import pytest

from hw.cores.mvu.adders import Adders
from hw.cores.mvu.sharing import LEVELS, Sharing
from hw.cores.mvu.stepcost import resources

SIZES = [(32, 63, 2), (12, 300, 2), (10, 64, 3), (16, 144, 4), (5, 396, 5), (20, 45, 7),
         (8, 256, 8), (6, 100, 10), (3, 200, 16)]  # fmt: skip


def built(rows: int, inputs: int, steps: int) -> tuple[int, int]:
    """LUT4, carry cells among them, and flip-flops of the sums of random weights."""
    rng = random.Random(rows * inputs)
    weights = [rng.getrandbits(inputs * steps) for _ in range(rows)]
    _, text = Adders(Sharing(weights, inputs=inputs, steps=steps), LEVELS, 24).module()
    return text.count("LUT4 #") + 2 * text.count("CCU2C #"), text.count(" <= ")


def test_sums_of_steps_are_estimated() -> None:
    said = [resources(*sizes) for sizes in SIZES]
    found = [built(*sizes) for sizes in SIZES]
    luts = [abs(one.lut / lut - 1) for one, (lut, _) in zip(said, found, strict=True)]
    ffs = [abs(one.ff / ff - 1) for one, (_, ff) in zip(said, found, strict=True)]
    assert statistics.mean(luts) < 0.05 and max(luts) < 0.15
    assert statistics.mean(ffs) < 0.08 and max(ffs) < 0.2


@pytest.mark.parametrize("steps", [2, 16])
def test_a_layer_that_fits_no_device_is_estimated_too(steps: int) -> None:
    assert resources(512, 9216, steps).lut > 1_000_000
