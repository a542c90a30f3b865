"""Buffers as large as the analysis says keep the rate; one pixel less costs cycles or all of it."""

import numpy as np
import pytest

from sim.player import Failure
from sim.windows import CASES
from sim.workbench import WAYS, Way, Workbench

FRAMES = 12

enough = Workbench({name: case.window(room=case.bound) for name, case in CASES.items()})
short = Workbench({
    name: case.window(room=case.bound - 1)
    for name, case in CASES.items() if case.bound > case.least
})  # fmt: skip
least = Workbench({name: case.window(room=case.least) for name, case in CASES.items()})
stuck = Workbench({
    name: case.window(room=case.least - 1) for name, case in CASES.items() if case.least > 1
})  # fmt: skip


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


@pytest.mark.parametrize("name", short.components)
def test_a_buffer_one_pixel_below_the_bound_loses_rate(name: str) -> None:
    assert sum(intervals(short, name)) > 6 * CASES[name].interval


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", least.components)
def test_the_least_buffer_streams_every_window(name: str, way: Way) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, way.seed)
    expected = case.beats_out(maps)
    assert least.play(name, case.beats_in(maps), len(expected), way).values == expected


@pytest.mark.parametrize("name", stuck.components)
def test_a_buffer_one_pixel_below_the_least_stops_for_ever(name: str) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, seed=5)
    with pytest.raises(Failure, match="no beat moved for 500 cycles"):
        stuck.play(name, case.beats_in(maps), len(case.beats_out(maps)), patience=500)
