"""Streams change their width: the same bits in the same order, wide or narrow."""

import math
import random
import re
from collections.abc import Callable

import pytest

from hw.cores.stream.converter import LATENCY, Converter, Narrower, Widener
from sim.beats import joined
from sim.cycles import PACES, Pace, passed

WIDTHS = {"wire": (1, 1), "bits": (1, 7), "halves": (12, 2), "odd": (3, 5), "wide": (70, 3)}
"""Width of a narrow beat, and narrow beats to a wide one."""

paces = pytest.mark.parametrize("pace", PACES, ids=str)


def beats(name: str, seed: int) -> tuple[list[int], list[int]]:
    """Random narrow beats, and the wide ones they make."""
    width, count = WIDTHS[name]
    rng = random.Random(seed)
    narrow = [rng.getrandbits(width) for _ in range(8 * count)]
    wide = [joined(narrow[k : k + count], width) for k in range(0, len(narrow), count)]
    return narrow, wide


@paces
@pytest.mark.parametrize("name", WIDTHS)
def test_a_wide_beat_comes_with_its_last_narrow_one(name: str, pace: Pace) -> None:
    narrow, wide = beats(name, pace.seed)
    found = passed(Widener(*WIDTHS[name]), narrow, len(wide), pace)
    assert found.values == wide
    count = WIDTHS[name][1]
    assert all(found.received[k] >= found.sent[count * k + count - 1] for k in range(len(wide)))
    if not pace.stall:
        assert found.sent == list(range(len(narrow)))
        assert found.received == found.sent[count - 1 :: count]


@paces
@pytest.mark.parametrize("name", WIDTHS)
def test_a_wide_beat_comes_a_cycle_later_from_a_registered_widener(name: str, pace: Pace) -> None:
    narrow, wide = beats(name, pace.seed)
    found = passed(Widener(*WIDTHS[name], registered=True), narrow, len(wide), pace)
    assert found.values == wide
    count = WIDTHS[name][1]
    if not pace.stall:
        assert found.sent == list(range(len(narrow)))
        assert found.received == [cycle + LATENCY for cycle in found.sent[count - 1 :: count]]


@paces
@pytest.mark.parametrize("name", WIDTHS)
def test_a_wide_beat_goes_on_in_narrow_ones_without_a_gap(name: str, pace: Pace) -> None:
    narrow, wide = beats(name, pace.seed)
    found = passed(Narrower(*WIDTHS[name]), wide, len(narrow), pace)
    assert found.values == narrow
    if not pace.stall:
        assert found.received == list(range(len(narrow)))
        assert found.sent == found.received[WIDTHS[name][1] - 1 :: WIDTHS[name][1]]


@paces
@pytest.mark.parametrize(("width", "count", "pixels", "reuse", "kept"), [
    (1, 4, 3, 1, 4), (5, 1, 2, 1, 5), (6, 3, 2, 1, 13), (3, 4, 2, 3, 12), (3, 1, 1, 2, 3),
    (4, 3, 1, 2, 11),
])
def test_each_pixel_is_joined_and_its_idle_end_left_out(
    width: int, count: int, pixels: int, reuse: int, kept: int, pace: Pace
) -> None:
    rng, sent, expected = random.Random(pace.seed), list[int](), list[int]()
    for _ in range(8):
        parts = [[rng.getrandbits(width) for _ in range(count)] for _ in range(pixels * reuse)]
        for beat in range(count):
            for first in range(0, pixels * reuse, pixels):
                some = parts[first : first + pixels]
                sent.append(joined((part[beat] for part in some), width))
        expected.append(joined((joined(part, width) for part in parts), kept))
    core = Widener(width, count, pixels=pixels, reuse=reuse, kept=kept)
    assert passed(core, sent, len(expected), pace).values == expected


@paces
@pytest.mark.parametrize(
    ("taken", "given"), [(1, 1), (3, 3), (2, 6), (8, 2), (2, 3), (6, 4), (9, 8)]
)
def test_bits_keep_their_order_from_any_width_to_any_other(
    taken: int, given: int, pace: Pace
) -> None:
    rng, bits = random.Random(pace.seed), taken * given * 12
    digits = [rng.getrandbits(1) for _ in range(bits)]
    sent, expected = ([joined(digits[k : k + size], 1) for k in range(0, bits, size)]
                      for size in (taken, given))
    assert passed(Converter(taken, given), sent, len(expected), pace).values == expected


@pytest.mark.parametrize(("taken", "given", "late"), [(3, 3, 0), (2, 6, 0), (6, 4, 1)])
def test_no_beat_waits_where_the_narrow_width_divides_the_wide(
    taken: int, given: int, late: int
) -> None:
    together = math.lcm(taken, given)
    sent = [0] * (2 * together // taken)
    found = passed(Converter(taken, given), sent, 2 * together // given)
    assert found.received[0] - found.sent[together // taken - 1] == late


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Widener(0, 2), "a beat of 0 bits, 2 of them: both must be at least 1"),
    (lambda: Widener(3, 2, pixels=0), "a beat of 0 bits, 2 of them"),
    (lambda: Widener(4, 3, kept=13), "13 bits of 3 beats of 4: there are 12"),
    (lambda: Widener(4, 3, kept=8), "8 bits of 3 beats of 4: there are 12"),
    (lambda: Narrower(3, 0), "a beat of 3 bits, 0 of them: both must be at least 1"),
    (lambda: Converter(0, 3), "a beat of 0 bits, 3 of them: both must be at least 1"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
