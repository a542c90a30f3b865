"""The matrix-vector unit: its sizes, and counts and thresholds of small ones."""

import random
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest

from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sizes import MvuSizes
from sim.beats import joined
from sim.cycles import PACES, Pace, passed
from sim.flows import Sent


def mvu(weights: tuple[int, ...] = (4, 12), thresholds: tuple[int, ...] | None = (1, 1, 1, 4),
        **changes: Any) -> Mvu:  # fmt: skip
    """A unit with weights and thresholds of these shapes."""
    numbers: dict[str, Any] = {"outputs": 4, "inputs": 12, "pe": 2, "simd": 4}
    limits = None if thresholds is None else np.ones(thresholds, np.int64)
    return Mvu(MvuSizes(**(numbers | changes)), np.ones(weights, np.int8), limits)


@pytest.mark.parametrize(("build", "text"), [
    (lambda: mvu(weights=(4, 13)), "weights of shape (4, 13): outputs and inputs are 4 and 12"),
    (lambda: mvu(thresholds=(2, 1, 1, 4)),
     "thresholds of shape (2, 1, 1, 4): border classes, uses, pixels and channels are "
     "(1, 1, 1, 4)"),
    (lambda: mvu(thresholds=(1, 1, 2, 4), reuse=3),
     "thresholds of shape (1, 1, 2, 4): border classes, uses, pixels and channels are "
     "(1, 1, 1, 4) or (1, 3, 1, 4)"),
    (lambda: mvu(thresholds=None), "no thresholds for 1 border classes"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()


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
    sizes = MvuSizes(
        outputs=pe * passes, inputs=simd * beats, pe=pe, simd=simd, element=element,
        thresholds=0 if counts else 1,
    )  # fmt: skip
    rows = [[rng.random() < 0.5 for _ in range(sizes.inputs)] for _ in range(sizes.outputs)]
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    middle = simd * beats * (low + high) // 2
    limits = [middle + rng.randint(-2, 2) for _ in range(passes * pe)]
    unit = Mvu(sizes, np.array(rows), None if counts else np.array([[[limits]]]))
    sent, expected = [], []
    for _ in range(12):
        vector = [[rng.randint(low, high) for _ in range(simd)] for _ in range(beats)]
        sent += [joined(beat, element) for beat in vector] * passes
        for at in range(passes):
            found = [
                sum(x if plus else 1 - x if element == 1 else ~x
                    for plus, x in zip(row, chain(*vector), strict=True))
                for row in rows[at * pe : (at + 1) * pe]
            ]  # fmt: skip
            bits = [count >= limits[at * pe + p] for p, count in enumerate(found)]
            expected.append(
                joined(found, sizes.count_width) if counts else joined(bits, 1)
            )
    assert passed(Sent(unit, beats), sent, len(expected), pace).values == expected


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize(("pe", "simd", "beats", "passes", "element", "classes", "home"), [
    (2, 3, 4, 2, 1, 4, "block"), (1, 1, 1, 1, 1, 1, "logic"), (3, 5, 1, 1, 1, 3, "logic"),
    (3, 2, 1, 2, 4, 1, "lut"), (2, 4, 1, 1, 3, 1, "logic"), (2, 2, 3, 20, 1, 2, "block"),
    (2, 9, 1, 4, 1, 2, "steps"), (3, 5, 3, 2, 1, 1, "steps"),
])
def test_totals_are_signed_sums_from_what_their_border_class_leaves_out(
    pe: int, simd: int, beats: int, passes: int, element: int, classes: int, home: str, pace: Pace
) -> None:
    rng = random.Random(pace.seed)
    size, outputs = simd * beats, pe * passes
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    width = (2 * size * max(high, -low)).bit_length() + 1
    sizes = MvuSizes(
        outputs=outputs, inputs=size, pe=pe, simd=simd, element=element, thresholds=classes,
        totals=width, home=home,
    )  # fmt: skip
    rows = [[rng.random() < 0.5 for _ in range(size)] for _ in range(outputs)]
    # Within a class all are odd or all are even.
    starts = [[2 * rng.randint(-size, 0) + klass % 2 for _ in range(outputs)]
              for klass in range(classes)]
    unit = Mvu(sizes, np.array(rows), np.array(starts)[:, None, None])
    sent, expected = [], []
    for _ in range(12):
        border = rng.randrange(classes)
        vector = [[rng.randint(low, high) for _ in range(simd)] for _ in range(beats)]
        sent += [joined(beat, element) | border << simd * element for beat in vector] * passes
        for at in range(passes):
            found = [
                starts[border][m] + sum(
                    2 * (x == plus) if element == 1 else x if plus else ~x
                    for plus, x in zip(rows[m], chain(*vector), strict=True))
                for m in range(at * pe, (at + 1) * pe)
            ]  # fmt: skip
            expected.append(joined([each % (1 << width) for each in found], width))
    assert passed(Sent(unit, beats), sent, len(expected), pace).values == expected


def test_totals_of_a_class_are_all_odd_or_all_even() -> None:
    sizes = MvuSizes(outputs=2, inputs=3, pe=1, simd=3, totals=4)
    with pytest.raises(ValueError, match="lowest bits of totals differ within a border class"):
        Mvu(sizes, np.ones((2, 3), np.int8), np.array([[[[1, 2]]]]))
    with pytest.raises(ValueError, match="totals of 0 border classes, 1 copies"):
        MvuSizes(outputs=2, inputs=3, pe=1, simd=3, totals=4, thresholds=0)
