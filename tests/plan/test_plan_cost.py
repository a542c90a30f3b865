"""The cost model against synthesised and packed stages, and memories as yosys maps them."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from plan_networks import conv, digits, hidden

from benchmarks.stages import draw, read
from hw.cores.fabric import rom
from hw.cores.fabric.blocks import cut
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
    assert len(errors) == 72
    assert statistics.mean(errors) < 0.05
    assert max(errors) < 0.3


@pytest.mark.parametrize(("width", "words", "blocks"), [
    (1, 600, 1), (9, 2048, 1), (10, 1024, 1), (10, 2048, 2), (36, 512, 1), (37, 512, 2),
    (36, 513, 2), (72, 700, 4), (64, 1152, 6), (64, 2048, 8), (32, 3000, 6), (5, 5000, 2),
    (2, 9000, 1), (1, 20000, 2), (288, 36, 8), (17, 2049, 3), (40, 1500, 4), (12, 4608, 3),
])
def test_blocks_are_counted_as_yosys_packs_them(width, words, blocks):
    assert cut(width, words).blocks == blocks


@pytest.mark.parametrize(("words", "rows"), [(512, 1), (1024, 1), (1152, 3)])
def test_a_wide_memory_deeper_than_a_block_chooses_among_rows(words, rows):
    assert cut(64 if rows > 1 else 18, words).rows == rows


@pytest.mark.parametrize(("width", "words", "found"), [(64, 1, 0), (64, 2, 1), (64, 16, 64)])
def test_few_constants_are_shared(width, words, found):
    assert rom.different(width, words) == found


@pytest.mark.parametrize(("words", "homes"), [
    (1, ("logic",)), (2, ("lut",)), (16, ("lut",)), (17, ("block", "lut")),
    (64, ("block", "lut")), (65, ("block",)),
])
def test_homes_of_weights(words, homes):
    assert sizes.homes(words) == homes


def test_limits_that_never_differ_cost_no_memory():
    layer = hidden(conv((16, 8, 8), 16, 3))
    layer.thresholds[:] = 5
    alike = cost.stage(layer, Folding(pe=2, simd=16, weights="block"))
    layer.thresholds[:8] = -7
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
