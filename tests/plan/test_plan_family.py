"""Costs of families but ECP5: shapes of blocks, memory in LUTs or none, cells as of synthesis."""

import statistics

import pytest
from amaranth import unsigned
from plan_networks import digits

from benchmarks.cells import SMALLEST, errors, read
from boards.catalogue import board
from boards.families import ECP5, ICE40, ICE40_LP_HX
from boards.resources import Resources
from hw.cores import scores
from hw.cores.fabric import ram
from hw.cores.integers import multiplier
from hw.plan import cost
from hw.plan.search import plan

MEASURED = {name: tuple(read(name)) for name in SMALLEST}
"""What ``python -m benchmarks.cells`` found the last time."""


@pytest.mark.parametrize("row", [row for rows in MEASURED.values() for row in rows],
                         ids=lambda row: f"{row.family.name} {row.seed}: {row.folding.size}")
def test_block_memory_of_a_stage_is_exact(row):
    assert row.estimate.ebr == row.found.ebr


@pytest.mark.parametrize("name", SMALLEST)
def test_logic_cells_of_a_stage_are_within_ten_percent_on_average(name):
    off = errors(MEASURED[name])
    assert len(off) >= 20
    assert statistics.mean(off) < 0.1
    assert max(off) < 0.3


def test_what_is_written_lives_in_blocks_where_lut_are_no_memory():
    assert ram.resources(16, 32, "lut", ECP5).ebr == 0
    assert ram.resources(16, 32, "lut", ICE40) == Resources(ebr=1)
    assert ram.resources(16, 2, "lut", ICE40) == Resources(lut=16, ff=32)


def test_sums_of_scores_answer_at_once_so_they_are_flip_flops():
    one, many = (
        scores.resources(
            count=unsigned(8), positions=positions, multipliers=[3] * 10, offsets=[1] * 10,
            family=ICE40,
        )
        for positions in (1, 2)
    )  # fmt: skip
    assert many.ff - one.ff >= 100 and many.ebr == 0


def test_ecp5_s_cells_are_its_lut4():
    assert cost.packed(Resources(lut=7, ff=9, ebr=1), ECP5) == Resources(lut=7, ff=9, ebr=1)


def test_a_flip_flop_costs_a_part_of_a_cell():
    assert cost.packed(Resources(lut=100), ICE40).lut < cost.packed(
        Resources(lut=100, ff=100), ICE40
    ).lut


def test_a_plan_for_the_up5k_stays_within_it():
    made = plan(digits(), board("icebreaker"), fill=0.9)
    assert made.estimate.lut <= 0.9 * 5_280
    assert made.estimate.ebr <= 30


def test_scores_are_multiplied_in_luts_where_there_are_no_blocks():
    def lut(family, multipliers):
        return scores.resources(count=unsigned(10), positions=1, multipliers=multipliers,
                                offsets=[1] * len(multipliers), family=family).lut

    factors = [3000, -77, 5]
    assert lut(ICE40_LP_HX, factors) - lut(ICE40, factors) == pytest.approx(
        multiplier.lut(11, 13), abs=1)
    # A power of two is no product.
    assert lut(ICE40_LP_HX, [4, -4, 4]) == lut(ICE40, [4, -4, 4])
