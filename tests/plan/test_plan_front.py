"""The Pareto front: its ends, its order, and that it says what its designs are."""

from functools import cache
from itertools import pairwise

import pytest
from plan_networks import cnv, digits, tiny

from boards.known.ulx3s import BOARD
from hw.network.archive import digest
from hw.plan import front
from hw.plan.budget import area
from hw.plan.front import Front, explore, read
from hw.plan.search import Search, plan
from model.refusal import Refusal

FRONTS = {
    "tiny": (tiny, "85F", 100e6),
    "digits": (digits, "85F", 100e6),
    "digits-12F": (digits, "12F", None),
}
fronts = pytest.mark.parametrize("name", FRONTS)


@cache
def explored(name: str) -> Front:
    described, variant, clock = FRONTS[name]
    return explore(described(), BOARD, variant, clock=clock)


@fronts
def test_every_design_is_faster_and_larger_than_the_one_before(name):
    made = explored(name)
    assert 1 < len(made.points) <= front.ROWS
    for slow, fast in pairwise(made.points):
        assert fast.interval < slow.interval
        assert area(fast.estimate) > area(slow.estimate)


@fronts
def test_every_design_fits_the_device(name):
    made = explored(name)
    for point in made.points:
        assert point.estimate.lut <= made.available.lut
        assert point.estimate.ff <= made.available.ff
        assert point.estimate.ebr <= made.available.ebr


def test_the_ends_are_the_smallest_design_and_the_fastest():
    first, *_, last = explored("digits").points
    assert area(first.estimate) == area(Search(digits(), BOARD).smallest().estimate)
    fastest = plan(digits(), BOARD, fill=1.0, clock=100e6)
    assert (last.interval, last.estimate) == (fastest.interval, fastest.estimate)


def test_every_design_is_what_its_rate_is_planned_as():
    for point in explored("digits").points:
        made = plan(digits(), BOARD, fps=point.frames_per_second, clock=100e6)
        assert (made.interval, made.estimate) == (point.interval, point.estimate)
        bound = [stage.name for stage in made.stages if stage.cycles == made.interval]
        assert point.layer in bound


def test_figures_are_of_the_clock():
    made = explored("digits")
    assert made.clock == 100e6
    for point in made.points:
        assert point.frames_per_second == 100e6 / point.interval
        assert point.latency == point.latency_cycles / 100e6


def test_a_front_knows_what_it_is_of():
    made = explored("digits-12F")
    assert (made.network, made.board, made.device) == (digest(digits()), "ulx3s", "LFE5U-12F")
    assert made.clock == BOARD.clock
    assert made.available.ebr == 56


@fronts
def test_text_is_read_back(name):
    made = explored(name)
    assert read(made.text()) == made


def test_a_front_is_all_there_is_where_that_is_not_many(monkeypatch):
    monkeypatch.setattr(front, "ROWS", 100)
    monkeypatch.setattr(front, "TRIALS", 1000)
    search = Search(digits(), BOARD, clock=100e6)
    sizes = {}
    for limit in search.limits:
        if made := search.smallest(limit):
            sizes[made.interval] = area(made.estimate)
    smaller = [
        interval for interval, size in sizes.items()
        if all(size < other for faster, other in sizes.items() if faster < interval)
    ]
    found = [point.interval for point in explore(digits(), BOARD, clock=100e6).points]
    assert len(found) < front.ROWS
    assert found == sorted(smaller, reverse=True)


def test_no_two_neighbours_are_far_apart(monkeypatch):
    """Where there are more designs than rows, the widest gaps are halved first."""
    monkeypatch.setattr(front, "ROWS", 10)
    points = explore(digits(), BOARD, clock=100e6).points
    assert len(points) == front.ROWS
    assert max(slow.interval / fast.interval for slow, fast in pairwise(points)) <= 4


def test_a_network_that_fits_at_no_rate_is_refused():
    with pytest.raises(Refusal, match=r"does not fit, .* on LFE5U-12F; try --variant 45F"):
        explore(cnv(), BOARD, "12F")
