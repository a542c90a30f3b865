"""Scores and class as bytes: lowest first, with their sign, the class behind the last."""

import random

import pytest
from amaranth import signed

from hw.cores.link.answer import CLASS_BYTES, Answer, score_bytes
from hw.cores.scores import scores_layout
from sim.cycles import PACES, Pace, passed


@pytest.mark.parametrize(
    ("width", "size"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3), (24, 3), (31, 4)]
)
def test_a_score_takes_whole_bytes(width: int, size: int) -> None:
    assert score_bytes(scores_layout(signed(width), 10)) == size


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("width", "classes"), [(3, 1), (8, 2), (11, 10), (24, 300)])
def test_every_score_and_the_class_are_the_bytes_of_integers(
    width: int, classes: int, pace: Pace
) -> None:
    layout, rng = scores_layout(signed(width), classes), random.Random(pace.seed)
    half, size = 1 << width - 1, score_bytes(layout)
    beats, expected = list[int](), b""
    for _ in range(2):
        scores = [-half, half - 1, *rng.choices(range(-half, half), k=4)][:classes]
        for number, score in enumerate(scores):
            last, klass = number == len(scores) - 1, rng.randrange(classes)
            beats.append(layout.const({"score": score, "klass": klass, "last": last}).as_bits())
            expected += score.to_bytes(size, "little", signed=True)
            if last:
                expected += klass.to_bytes(CLASS_BYTES, "little")
    found = passed(Answer(layout), beats, len(expected), pace)
    assert bytes(found.values) == expected
    if not pace.stall:
        assert found.received == list(range(len(expected)))
