"""Combinations of choices, against trying every one, whatever lies between two of them."""

import itertools

import numpy as np
import pytest

from boards.resources import Resources
from hw.plan.choices import Choice
from hw.plan.combine import Graph, cheapest, unbeaten
from hw.plan.plan import Folding

FOLDING = Folding(pe=1, simd=1, weights="lut")
PLENTY = Resources(lut=1 << 30, ff=1 << 30, ebr=1 << 30)


CHAIN = [(None,), (0,), (1,), (2,), (3,)], (1, 3, 4), (0, 2, 3)
"""Layers one behind the other: what each reads, which take beats of a vector, and which give
them."""
BRANCHES = [(None,), (None,), (0,), (1,), (2,)], (2, 3, 4), (0, 1, 2)
"""Two chains whose layers stand in turn."""


def drawn(seed: int) -> Graph:
    """Five layers of up to six choices, whose costs have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    makers, taking, giving = (CHAIN, BRANCHES)[seed % 2]
    costs = rng.integers(0, 9, (5, 5, 3))
    return Graph(
        options=[
            [
                Choice(
                    FOLDING, cycles, Resources(lut=lut, ff=ff, ebr=ebr),
                    takes=takes * (layer in taking), gives=gives * (layer in giving),
                )
                for cycles, lut, ff, ebr, takes, gives in np.hstack(
                    [rng.integers(0, 12, (count, 4)), rng.integers(1, 5, (count, 2))]
                ).tolist()
            ]
            for layer, count in enumerate(rng.integers(1, 7, 5))
        ],
        makers=makers,
        arriving=int(rng.integers(1, 5)),
        converter_cost=lambda given, taken: Resources(
            **dict(zip(("lut", "ff", "ebr"), costs[given, taken].tolist(), strict=True))
        ),
    )


def logic(totals: np.ndarray) -> np.ndarray:
    return totals[:, :2].max(axis=1) + totals[:, 2] / 4


def least(graph: Graph, limit: int, budget: Resources):
    """The cost of the best of all combinations; None if there is none."""
    costs = []
    for combination in itertools.product(*graph.options):
        estimates = graph.estimates(combination)
        total = np.sum([one.figures for one in estimates], axis=0)
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
    graph = drawn(seed)
    chosen = cheapest(graph, limit, budget, logic)
    expected = least(graph, limit, budget)
    if chosen is None:
        assert expected is None
        return
    total = sum(graph.estimates(chosen), Resources())
    assert float(logic(np.array([total.figures]))[0]) == expected
    assert all(one in stage for one, stage in zip(chosen, graph.options, strict=True))
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


def test_what_lies_between_two_layers_is_counted_once_and_by_both():
    one, two = (Choice(FOLDING, 1, Resources(lut=lut), gives=lut) for lut in (1, 2))
    last = Choice(FOLDING, 1, Resources(lut=1), takes=1)
    graph = Graph(
        options=[[one, two], [last]], makers=[(None,), (0,)], arriving=9,
        converter_cost=lambda a, b: Resources(lut=9 // a - b),
    )
    assert cheapest(graph, 1, PLENTY, logic) == (two, last)
    assert graph.estimates((two, last)) == [Resources(lut=2), Resources(lut=4)]


def test_nothing_is_unbeaten_among_nothing():
    assert unbeaten(np.zeros((0, 3), np.int64)).tolist() == []
