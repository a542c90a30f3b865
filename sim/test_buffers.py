"""Buffers as large as the analysis says keep the rate; one pixel less costs cycles or all of it."""

from collections.abc import Callable
from operator import attrgetter

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from sim.player import Failure
from sim.windows import CASES, Case
from sim.workbench import WAYS, Way, Workbench

FRAMES = 12

EVERY = 3
"""Step through the windows for quick tests with a pixel less: each third one is tried."""

SHORT = [name for name, case in CASES.items() if case.bound > case.least]
STUCK = [name for name, case in CASES.items() if case.least > 1]


def one_less(names: list[str], enough: Callable[[Case], int]) -> list[Workbench]:
    """Windows with a pixel less than enough: those of quick tests, and the others."""
    quick = names[::EVERY]
    return [
        Workbench({name: CASES[name].window(room=enough(CASES[name]) - 1) for name in some})
        for some in (quick, [name for name in names if name not in quick])
    ]


def marked(names: list[str]) -> list[ParameterSet]:
    return [
        pytest.param(name, number % EVERY > 0, marks=pytest.mark.long if number % EVERY else ())
        for number, name in enumerate(names)
    ]


enough = Workbench({name: case.window(room=case.bound) for name, case in CASES.items()})
least = Workbench({name: case.window(room=case.least) for name, case in CASES.items()})
short = one_less(SHORT, attrgetter("bound"))
stuck = one_less(STUCK, attrgetter("least"))


def intervals(bench: Workbench, name: str) -> list[int]:
    """Cycles between the first beats of the last frames of many, a pixel offered every cycle."""
    case = CASES[name]
    maps = case.maps(FRAMES, seed=4)
    expected = case.beats_out(maps)
    result = bench.play(name, case.beats_in(maps), len(expected))
    assert result.values == expected
    firsts = result.played.received.cycles[:: case.beats_of_frame].astype(int)
    return np.diff(firsts)[-6:].tolist()


@pytest.mark.parametrize("name", enough.components)
def test_a_buffer_of_the_bound_keeps_the_rate(name: str) -> None:
    assert intervals(enough, name) == [CASES[name].interval] * 6


@pytest.mark.parametrize(("name", "other"), marked(SHORT))
def test_a_buffer_one_pixel_below_the_bound_loses_rate(name: str, other: bool) -> None:
    assert sum(intervals(short[other], name)) > 6 * CASES[name].interval


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", least.components)
def test_the_least_buffer_streams_every_window(name: str, way: Way) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, way.seed)
    expected = case.beats_out(maps)
    assert least.play(name, case.beats_in(maps), len(expected), way).values == expected


@pytest.mark.parametrize(("name", "other"), marked(STUCK))
def test_a_buffer_one_pixel_below_the_least_stops_for_ever(name: str, other: bool) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, seed=5)
    with pytest.raises(Failure, match="no beat moved for 500 cycles"):
        stuck[other].play(name, case.beats_in(maps), len(case.beats_out(maps)), patience=500)
