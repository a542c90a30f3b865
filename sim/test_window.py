"""The sliding window equals its definition, in many sizes, and gives a beat in each cycle."""

import numpy as np
import pytest

from sim.windows import CASES
from sim.workbench import WAYS, Way, Workbench

bench = Workbench({name: case.window() for name, case in CASES.items()})


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_window_streams_every_window(name: str, way: Way) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, way.seed)
    expected = case.beats_out(maps)
    result = bench.play(name, case.beats_in(maps), len(expected), way)
    assert result.values == expected


@pytest.mark.parametrize("name", CASES)
def test_window_gives_a_beat_each_cycle_between_frames(name: str) -> None:
    case = CASES[name]
    maps = case.maps(12, 4)
    expected = case.beats_out(maps)
    result = bench.play(name, case.beats_in(maps), len(expected))
    assert result.values == expected
    firsts = result.played.received.cycles[:: case.beats_of_frame].astype(int)
    assert np.diff(firsts)[-4:].tolist() == [case.interval] * 4
