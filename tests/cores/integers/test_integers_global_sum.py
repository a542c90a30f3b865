"""Sums of integers over a map against Python, one map behind the other."""

import random

import pytest

from boards.families import ICE40
from hw.cores.integers.global_sum import LATENCY, GlobalSum, resources
from sim.beats import joined
from sim.cycles import PACES, Pace, passed

MAPS = 3


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("lanes", "beats", "positions"), [
    (1, 1, 1), (1, 1, 5), (2, 3, 4), (1, 20, 2), (3, 1, 6), (2, 2, 1)
])
def test_sums_leave_with_the_last_position(
    lanes: int, beats: int, positions: int, pace: Pace
) -> None:
    rng, element = random.Random(pace.seed), 5
    width = element + (positions - 1).bit_length()
    sent, expected = list[int](), list[int]()
    for _ in range(MAPS):
        drawn = [[[rng.randint(-16, 15) for _ in range(lanes)] for _ in range(beats)]
                 for _ in range(positions)]
        sent += [joined([each % 32 for each in beat], element)
                 for position in drawn for beat in position]
        expected += [
            joined([sum(each) % (1 << width) for each in zip(*same, strict=True)], width)
            for same in zip(*drawn, strict=True)
        ]
    core = GlobalSum(lanes=lanes, beats=beats, positions=positions, element=element, width=width)
    found = passed(core, sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        last = [cycle for number, cycle in enumerate(found.sent)
                if number // beats % positions == positions - 1]
        assert found.received == [cycle + LATENCY for cycle in last]


def test_where_no_lut_is_memory_words_are_flip_flops() -> None:
    sizes = {"lanes": 2, "beats": 40, "positions": 4, "width": 10}
    assert resources(**sizes, family=ICE40).ff > 800 > resources(**sizes).ff
