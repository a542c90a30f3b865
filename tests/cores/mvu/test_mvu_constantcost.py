"""The cost of shared sums, against the cells that they are built of."""

import random

import pytest

from hw.cores.mvu.adders import Adders
from hw.cores.mvu.constantcost import resources
from hw.cores.mvu.sharing import LEVELS, Sharing


def built(outputs: int, inputs: int, element: int) -> tuple[int, int]:
    """LUT4, carry cells among them, and flip-flops of the sums of random weights."""
    rng = random.Random(outputs * inputs)
    rows = [rng.getrandbits(inputs) for _ in range(outputs)]
    _, text = Adders(Sharing(rows, inputs=inputs, element=element), LEVELS, 24).module()
    return text.count("LUT4 #") + 2 * text.count("CCU2C #"), text.count(" <= ")


@pytest.mark.parametrize(("outputs", "inputs"), [
    (10, 64), (10, 784), (32, 63), (64, 27), (64, 126), (64, 576), (96, 200), (128, 128),
])
def test_bits_are_estimated(outputs, inputs):
    said, (lut, ff) = resources(outputs, inputs, 1), built(outputs, inputs, 1)
    assert abs(said.lut - lut) < 0.15 * lut
    assert abs(said.ff - ff) < 0.3 * ff


@pytest.mark.parametrize(("outputs", "inputs"), [(64, 27), (32, 27), (128, 25), (64, 48)])
@pytest.mark.parametrize("element", [4, 8, 9])
def test_integers_are_estimated(outputs, inputs, element):
    said, (lut, ff) = resources(outputs, inputs, element), built(outputs, inputs, element)
    assert abs(said.lut - lut) < 0.1 * lut
    assert abs(said.ff - ff) < 0.2 * ff


def test_a_layer_that_fits_no_device_is_estimated_too():
    assert resources(1024, 9216, 1).lut > 1_000_000
