"""Integers against thresholds of their channels, some of them negated."""

import random
from typing import Any

from benchmarks.fit.bench import Bench, Figure, Sizes
from hw.cores.fabric import inturn
from hw.cores.integers import compare
from hw.cores.integers.compare import Compare


def draw(rng: random.Random) -> Sizes:
    lanes, beats = 1 << rng.randrange(4), 1 << rng.randrange(7)
    return {"element": rng.randrange(6, 19), "lanes": lanes, "beats": beats,
            "copies": rng.choice([1, 1, 2]), "seed": rng.randrange(1 << 20)}


def build(element: int, lanes: int, beats: int, copies: int, seed: int) -> Compare:
    rng, half = random.Random(seed), 1 << element - 1
    count = lanes * beats * copies
    return Compare(
        element=element, lanes=lanes, copies=copies,
        thresholds=[rng.randrange(-half, half) for _ in range(count)],
        negated=[rng.random() < 0.5 for _ in range(count)],
    )  # fmt: skip


def figures(element: int, lanes: int, beats: int, copies: int, **_: Any) -> list[Figure]:
    given = lanes * copies
    constants = inturn.resources(given * (element + 2), beats).lut
    terms = compare.lut.terms(element, given, beats).times(1, constants)
    return [Figure(formula=compare.lut, cells="lut", terms=terms)]


BENCH = Bench(draw=draw, build=build, figures=figures)
