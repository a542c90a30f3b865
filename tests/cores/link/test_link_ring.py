"""Frames right behind each other: those that were kept come out in order, over the ring's end."""

import re
from collections.abc import Callable

import pytest
from link_frames import Host

from hw.cores.link.ring import Ring
from sim.cycles import PACES, Pace

SIZES = [(1, 1), (4, 1), (5, 2), (3, 3), (2, 4)]
"""Bytes of a frame, and frames."""


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("size", "count"), SIZES)
def test_kept_frames_come_out_in_order_and_others_do_not(
    size: int, count: int, pace: Pace
) -> None:
    host = Host(Ring(size=size, count=count), size, count, pace)
    host.play(30)
    assert len(host.kept) >= 2


@pytest.mark.parametrize(("size", "count"), SIZES)
def test_full_is_as_many_frames_as_there_are_slots_and_more_are_lost(
    size: int, count: int
) -> None:
    host = Host(Ring(size=size, count=count), size, count, PACES[0], release=0.01)
    host.play(8 + 6 * count)
    assert host.most == count
    assert host.lost > 0


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Ring(size=0, count=2), "2 slots of 0 bytes; both must be at least 1"),
    (lambda: Ring(size=4, count=0), "0 slots of 4 bytes; both must be at least 1"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
