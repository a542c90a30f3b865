"""The matrix-vector unit: its sizes, and counts and thresholds of small ones."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from amaranth import signed, unsigned

from hw.cores.mvu.mvu import Mvu
from sim.beats import joined
from sim.cycles import PACES, Pace, passed
from sim.flows import Sent


def mvu(**changes: Any) -> Mvu:
    sizes: dict[str, Any] = {
        "pe": 2, "simd": 4, "beats": 3, "words": [0] * 6, "limits": [[1] * 4]
    }
    return Mvu(**(sizes | changes))


@pytest.mark.parametrize(("build", "text"), [
    (lambda: mvu(words=[0] * 7), "7 weight words are no multiple of 3 beats"),
    (lambda: mvu(words=[]), "0 weight words are no multiple of 3 beats"),
    (lambda: mvu(words=[256] * 6), "a weight word of 9 bits: PE * SIMD is 8"),
    (lambda: mvu(home="logic"), "6 weight words: logic has a single one built in"),
    (lambda: mvu(limits=[[1] * 4, [1] * 3]), "3 limits for border class 1: passes * PE is 4"),
    (lambda: mvu(pixels=3), "4 limits for border class 0: pixels * passes * PE is 12"),
    (lambda: mvu(limits=[]), "limits without a border class; None gives counts"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


@pytest.mark.parametrize(("element", "limits", "shape"), [
    (1, None, unsigned(4)), (1, [[1] * 4], unsigned(4)), (9, None, signed(13)),
])
def test_counts_are_as_wide_as_the_worst_case(element: int, limits: Any, shape: Any) -> None:
    assert mvu(element=element, limits=limits).count_shape == shape


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("counts", [False, True], ids=["bits", "counts"])
@pytest.mark.parametrize(("pe", "simd", "beats", "passes", "element"), [
    (1, 1, 1, 1, 1), (2, 3, 4, 2, 1), (3, 2, 1, 2, 4),
])
def test_every_pass_of_a_vector_is_thresholded_or_counted(
    pe: int, simd: int, beats: int, passes: int, element: int, counts: bool, pace: Pace
) -> None:
    """Of larger ones, by every home and with pixels, see sim/test_mvu.py."""
    rng = random.Random(pace.seed)
    words = [rng.getrandbits(pe * simd) for _ in range(passes * beats)]
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    middle = simd * beats * (low + high) // 2
    limits = [middle + rng.randint(-2, 2) for _ in range(passes * pe)]
    unit = Mvu(
        pe=pe, simd=simd, beats=beats, words=words, limits=None if counts else [limits],
        element=element,
    )  # fmt: skip
    sent, expected = [], []
    for _ in range(12):
        vector = [[rng.randint(low, high) for _ in range(simd)] for _ in range(beats)]
        sent += [joined(beat, element) for beat in vector] * passes
        for at in range(passes):
            found = []
            for p in range(pe):
                rows = [word >> p * simd for word in words[at * beats : (at + 1) * beats]]
                found.append(sum(
                    x if row >> s & 1 else 1 - x if element == 1 else ~x
                    for row, beat in zip(rows, vector, strict=True) for s, x in enumerate(beat)
                ))  # fmt: skip
            bits = [count >= limits[at * pe + p] for p, count in enumerate(found)]
            expected.append(
                joined(found, unit.count_shape.width) if counts else joined(bits, 1)
            )
    assert passed(Sent(unit, beats), sent, len(expected), pace).values == expected
