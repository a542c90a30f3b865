"""Thresholds on integers: several a channel, negated ones, and those beyond every integer."""

import random

import pytest

from hw.cores.fabric.rom import FEW
from hw.cores.integers.compare import LATENCY, Compare, resources, words
from sim.beats import joined
from sim.cycles import PACES, Pace, passed


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("element", "lanes", "copies", "channels"), [
    (2, 1, 1, 1), (5, 1, 1, 6), (6, 3, 2, 6), (4, 4, 3, 4), (3, 1, 2, FEW + 1)
])
def test_bits_are_those_of_the_thresholds_two_cycles_later(
    element: int, lanes: int, copies: int, channels: int, pace: Pace
) -> None:
    rng = random.Random(pace.seed)
    low, high = -1 << element - 1, (1 << element - 1) - 1
    thresholds = [rng.randint(low - 3, high + 4) for _ in range(channels * copies)]
    thresholds[-1] = 1 << 30
    negated = [rng.random() < 0.4 for _ in thresholds]
    core = Compare(
        element=element, lanes=lanes, thresholds=thresholds, negated=negated, copies=copies
    )
    sent, expected = [], []
    for end in (low, high, *[None] * 8):
        pixel = [rng.randint(low, high) if end is None else end for _ in range(channels)]
        bits = [(pixel[c // copies] >= limit) ^ no
                for c, (limit, no) in enumerate(zip(thresholds, negated, strict=True))]
        for at in range(0, channels, lanes):
            beat = [x % (1 << element) for x in pixel[at : at + lanes]]
            sent.append(joined(beat, element))
            expected.append(joined(bits[at * copies : (at + lanes) * copies], 1))
    found = passed(core, sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        assert found.received == [cycle + LATENCY for cycle in found.sent]
        assert found.sent == [*range(1, len(sent) + 1)]


def test_a_threshold_takes_a_bit_more_than_an_integer() -> None:
    assert words(3, 2, [-4, 4, 3, -100], [False, True, False, True]) == [
        0b1_0100_0_1100, 0b1_1100_0_0011]


def test_more_comparisons_a_beat_cost_more_and_many_words_live_in_blocks() -> None:
    def cost(lanes: int = 1, copies: int = 1, beats: int = 8, negates: bool = False):
        return resources(element=9, lanes=lanes, copies=copies, beats=beats, negates=negates)

    assert cost().lut < cost(lanes=2).lut < cost(lanes=2, copies=2).lut
    assert cost().ff < cost(negates=True).ff
    assert cost(beats=FEW).ebr == 0 < cost(beats=FEW + 1).ebr
