"""The cost model against synthesised and packed stages, and memories as yosys maps them."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from plan_networks import conv, digits, hidden

from benchmarks.stages import STAGES, draw, read
from hw.cores.fabric import rom
from hw.cores.mvu import accumulator, sizes
from hw.plan import cost
from hw.plan.plan import Folding, Slots

MEASURED = tuple(read())
"""What ``python -m benchmarks.stages`` found the last time."""


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row.seed}: {row.text}")
def test_block_memory_of_a_stage_is_exact(row):
    assert draw(row.seed).folding == row.folding
    assert draw(row.seed).estimate.ebr == row.found.ebr


def test_the_estimate_of_a_stage_is_the_one_beside_what_was_found():
    changed = {row.seed: (draw(row.seed).estimate, row.said) for row in MEASURED}
    assert {seed: both for seed, both in changed.items() if both[0] != both[1]} == {}, (
        "python -m benchmarks.stages --said")


@pytest.mark.parametrize("field", ["lut", "ff"])
def test_logic_of_a_stage_is_within_five_percent_on_average(field):
    errors = [
        abs(getattr(draw(row.seed).estimate, field) / getattr(row.found, field) - 1)
        for row in MEASURED
    ]
    assert len(errors) == STAGES
    assert statistics.mean(errors) < 0.05
    assert max(errors) < 0.3


@pytest.mark.parametrize(("width", "words", "found"), [(64, 1, 0), (64, 2, 1), (64, 16, 64)])
def test_few_constants_are_shared(width, words, found):
    assert rom.different(width, words) == found


@pytest.mark.parametrize(("words", "element", "homes"), [
    (1, 1, ("logic",)), (2, 1, ("lut", "steps")), (2, 4, ("lut",)), (16, 1, ("lut", "steps")),
    (17, 1, ("block", "lut")), (64, 1, ("block", "lut")), (65, 1, ("block",)),
])
def test_homes_of_weights(words, element, homes):
    assert sizes.homes(words, element) == homes


def test_limits_that_never_differ_cost_no_memory():
    layer = hidden(conv((16, 8, 8), 16, 3))
    layer.threshold.thresholds[:] = 5
    alike = cost.stage(layer, Folding(pe=2, simd=16, weights="block"))
    layer.threshold.thresholds[:8] = -7
    assert cost.stage(layer, Folding(pe=2, simd=16, weights="block")).lut > alike.lut


@pytest.mark.parametrize(("width", "beats", "each"), [(9, 1, 9), (9, 2, 10), (10, 2, 12)])
def test_a_sum_of_one_addition_starts_where_it_is_for_nothing(width, beats, each):
    """Where it goes on from itself, its carry needs a cell of its own, and cells are of two."""
    loop = 3 * (beats - 1)
    assert accumulator.resources(4, width, beats, 1, 5).lut == 18 + 4 * each + loop


def test_surroundings_hold_two_images_in_blocks():
    assert cost.surroundings(digits(), 1, Slots(count=2)).ebr == 1


@pytest.mark.parametrize(("table", "least", "most"), [
    pytest.param(lambda byte: byte - 128, 0, 2, id="identity: an inverter"),
    pytest.param(lambda byte: (byte + 13) // 2 - 64, 5, 30, id="a shifted half: 12"),
    pytest.param(lambda byte: (byte * 37 + byte**2 // 5) % 256 - 128, 80, 400, id="arbitrary"),
])
def test_input_table_costs_what_it_is(table, least, most):
    plain = cost.surroundings(digits()).lut
    network = replace(digits(), table=table(np.arange(256))[None].astype(np.int16))
    assert least <= cost.surroundings(network).lut - plain <= most
