"""Combinations of choices, against trying every one."""

import itertools

import numpy as np
import pytest

from hw.plan.choices import Choice
from hw.plan.combine import cheapest, unbeaten
from hw.plan.plan import Folding, Resources

FOLDING = Folding(pe=1, simd=1, weights="lut")
PLENTY = Resources(lut=1 << 30, ff=1 << 30, ebr=1 << 30)


def drawn(seed: int) -> list[list[Choice]]:
    """Five layers of up to six choices, whose costs have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    return [
        [
            Choice(FOLDING, cycles, Resources(lut=lut, ff=ff, ebr=ebr))
            for cycles, lut, ff, ebr in rng.integers(0, 12, (rng.integers(1, 7), 4)).tolist()
        ]
        for _ in range(5)
    ]


def logic(totals: np.ndarray) -> np.ndarray:
    return totals[:, :2].max(axis=1) + totals[:, 2] / 4


def least(options, limit: int, budget: Resources):
    """The cost of the best of all combinations; None if there is none."""
    costs = []
    for combination in itertools.product(*options):
        total = np.sum([one.estimate.figures for one in combination], axis=0)
        quick = max(one.cycles for one in combination) <= limit
        if quick and (total <= budget.figures).all():
            costs.append(float(logic(total[None])[0]))
    return min(costs, default=None)


@pytest.mark.parametrize("budget", [
    PLENTY, Resources(lut=20, ff=25, ebr=15), Resources(lut=12, ff=60, ebr=60),
    Resources(lut=60, ff=12, ebr=60), Resources(lut=60, ff=60, ebr=6),
], ids=["plenty", "tight", "few LUT4", "few flip-flops", "few EBR"])
@pytest.mark.parametrize("limit", [4, 8, 12])
@pytest.mark.parametrize("seed", range(5))
def test_cheapest_is_the_cheapest_of_all(seed, limit, budget):
    options = drawn(seed)
    chosen = cheapest(options, limit, budget, logic)
    expected = least(options, limit, budget)
    if chosen is None:
        assert expected is None
        return
    total = sum((one.estimate for one in chosen), Resources())
    assert float(logic(np.array([total.figures]))[0]) == expected
    assert all(one in stage for one, stage in zip(chosen, options, strict=True))
    assert max(one.cycles for one in chosen) <= limit
    assert (np.array(total.figures) <= budget.figures).all()


@pytest.mark.parametrize("values", [2, 5, 30, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_unbeaten_rows_are_those_no_other_row_is_as_good_as(seed, values):
    rows = np.random.default_rng(seed).integers(0, values, (200, 3))
    beaten = [
        any((other <= row).all() and ((other < row).any() or place < index)
            for place, other in enumerate(rows))
        for index, row in enumerate(rows)
    ]
    assert sorted(unbeaten(rows)) == np.flatnonzero(~np.array(beaten)).tolist()


def test_nothing_is_unbeaten_among_nothing():
    assert unbeaten(np.zeros((0, 3), np.int64)).tolist() == []
