"""Scores and their argmax: sums over a map, scaled and compared, the lowest of equals first."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Shape, signed, unsigned

from hw.cores.fabric.rom import FEW
from hw.cores.scores import LATENCY, Scores, integers, scores_layout
from sim.cycles import PACES, Pace, passed

SIZES: dict[str, tuple[Shape, int, int, bool]] = {
    "plain": (unsigned(6), 10, 1, True),
    "ties": (unsigned(1), 7, 2, True),
    "two": (unsigned(8), 2, 1, False),
    "one class": (signed(5), 1, 3, False),
    "a map of integers": (integers(7), 5, 6, False),
    "more than a few classes": (unsigned(4), FEW + 1, 1, False),
}
"""Of a count, classes, positions, and whether scores are the sums as they are."""


def scores(**changes: Any) -> Scores:
    sizes: dict[str, Any] = {
        "count": unsigned(4), "positions": 2, "multipliers": [1, 1], "offsets": [0, 0]
    }
    return Scores(**(sizes | changes))


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("name", SIZES)
def test_every_class_has_its_score_and_the_last_beat_the_best(name: str, pace: Pace) -> None:
    count, classes, positions, plain = SIZES[name]
    rng = random.Random(pace.seed)
    multipliers = [1 if plain else rng.randint(-1000, 1000) for _ in range(classes)]
    multipliers[0] = 1 if plain else 0
    offsets = [0 if plain else rng.randint(-(1 << 20), 1 << 20) for _ in range(classes)]
    core = Scores(count=count, positions=positions, multipliers=multipliers, offsets=offsets)
    low = -(1 << count.width - 1) if count.signed else 0
    high = low + (1 << count.width) - 1
    frames = [[[end] * classes] * positions for end in (low, high)]
    frames += [[[rng.randint(low, high) for _ in range(classes)] for _ in range(positions)]
               for _ in range(2)]  # fmt: skip
    mask = (1 << count.width) - 1
    sent = [one & mask for frame in frames for position in frame for one in position]
    layout = scores_layout(core.score_shape, classes)
    expected = []
    for frame in frames:
        sums = [sum(each) for each in zip(*frame, strict=True)]
        made = [m * s + o for m, s, o in zip(multipliers, sums, offsets, strict=True)]
        for klass in range(classes):
            best = made.index(max(made[: klass + 1]))
            expected.append(layout.const({
                "score": made[klass], "klass": best, "last": klass == classes - 1
            }).as_bits())  # fmt: skip
    found = passed(core, sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        assert found.received[-1] - found.sent[-1] == LATENCY


@pytest.mark.parametrize(("build", "text"), [
    (lambda: scores(offsets=[0]), "2 multipliers and 1 offsets"),
    (lambda: scores(positions=0), "0 positions: there must be at least 1"),
    (lambda: scores(score=signed(5)), "a score needs signed(6), not signed(5)"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


@pytest.mark.parametrize(("changes", "shape"), [
    ({}, signed(6)),
    ({"offsets": [0, 1]}, signed(6)),
    ({"offsets": [0, 2]}, signed(7)),
    ({"count": signed(4)}, signed(5)),
    ({"multipliers": [1, -2]}, signed(7)),
])
def test_scores_are_as_wide_as_the_worst_case(changes: dict[str, Any], shape: Any) -> None:
    assert scores(**changes).score_shape == shape
