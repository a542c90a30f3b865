"""Buffers as large as the analysis says keep the rate; one pixel less costs cycles or all of it."""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter

import numpy as np
import pytest

from sim.player import Failure
from sim.windows import CASES, Case
from sim.workbench import WAYS, Way, Workbench

FRAMES = 12

EVERY = 3
"""Step through the windows for quick tests: a third of them is tried with each size of buffer."""

SHORT = [name for name, case in CASES.items() if case.bound > case.least]
STUCK = [name for name, case in CASES.items() if case.least > 1]


class Sizes:
    """Windows with buffers of some size: those of quick tests in one model, the others in another.

    Parameters
    ----------
    names : windows to try.
    room : function from a window's case to the pixels of its buffer.
    first : index of the first window of quick tests, which are `EVERY` apart.
    """

    def __init__(self, names: list[str], room: Callable[[Case], int], first: int) -> None:
        self.params = [
            pytest.param(name, marks=() if number % EVERY == first else pytest.mark.long)
            for number, name in enumerate(names)
        ]
        self._room, self._quick = room, names[first::EVERY]
        self._others = [name for name in names if name not in self._quick]

    def __getitem__(self, name: str) -> Workbench:
        return self._quick_ones if name in self._quick else self._other_ones

    @cached_property
    def _quick_ones(self) -> Workbench:
        return self._bench(self._quick)

    @cached_property
    def _other_ones(self) -> Workbench:
        return self._bench(self._others)

    def _bench(self, names: list[str]) -> Workbench:
        return Workbench({name: CASES[name].window(room=self._room(CASES[name]))
                          for name in names})  # fmt: skip


enough = Sizes([*CASES], attrgetter("bound"), 0)
least = Sizes([*CASES], attrgetter("least"), 1)
short = Sizes(SHORT, lambda case: case.bound - 1, 0)
stuck = Sizes(STUCK, lambda case: case.least - 1, 0)


def intervals(bench: Workbench, name: str) -> list[int]:
    """Cycles between the first beats of the last frames of many, a pixel offered every cycle."""
    case = CASES[name]
    maps = case.maps(FRAMES, seed=4)
    expected = case.beats_out(maps)
    result = bench.play(name, case.beats_in(maps), len(expected))
    assert result.values == expected
    firsts = result.played.received.cycles[:: case.beats_of_frame].astype(int)
    return np.diff(firsts)[-6:].tolist()


@pytest.mark.parametrize("name", enough.params)
def test_a_buffer_of_the_bound_keeps_the_rate(name: str) -> None:
    assert intervals(enough[name], name) == [CASES[name].interval] * 6


@pytest.mark.parametrize("name", short.params)
def test_a_buffer_one_pixel_below_the_bound_loses_rate(name: str) -> None:
    assert sum(intervals(short[name], name)) > 6 * CASES[name].interval


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", least.params)
def test_the_least_buffer_streams_every_window(name: str, way: Way) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, way.seed)
    expected = case.beats_out(maps)
    assert least[name].play(name, case.beats_in(maps), len(expected), way).values == expected


@pytest.mark.parametrize("name", stuck.params)
def test_a_buffer_one_pixel_below_the_least_stops_for_ever(name: str) -> None:
    case = CASES[name]
    maps = case.maps(case.frames, seed=5)
    with pytest.raises(Failure, match="no beat moved for 500 cycles"):
        stuck[name].play(name, case.beats_in(maps), len(case.beats_out(maps)), patience=500)
