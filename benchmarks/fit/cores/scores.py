"""Scores of one position, with constants that differ and with one for all classes, of which there
are no more than a LUT4 has words: the formula knows no classes."""

import random
from typing import Any

from amaranth import Shape

from benchmarks.fit.bench import Bench, Figure, Sizes
from hw.cores import scores
from hw.cores.fabric.rom import CELL
from hw.cores.scores import Scores


def draw(rng: random.Random) -> Sizes:
    classes, scaled = rng.randrange(2, CELL + 1), rng.random() < 0.7
    return {
        "count": rng.randrange(4, 15), "signed": rng.random() < 0.3,
        "multipliers": _numbers(rng, classes, 1, 1 << rng.randrange(4, 18), scaled),
        "offsets": _numbers(rng, classes, -(10**6), 10**6, scaled),
    }  # fmt: skip


def _numbers(rng: random.Random, count: int, low: int, high: int, differ: bool) -> list[int]:
    one = rng.randrange(low, high)
    return [rng.randrange(low, high) if differ else one for _ in range(count)]


def _arguments(
    count: int, signed: bool, multipliers: list[int], offsets: list[int]
) -> dict[str, Any]:
    return {
        "count": Shape(count, signed), "positions": 1,
        "multipliers": multipliers, "offsets": offsets,
    }  # fmt: skip


def figures(**sizes: Any) -> list[Figure]:
    terms = scores.lut.terms(*scores.widths(**_arguments(**sizes)))
    return [Figure(formula=scores.lut, cells="lut", terms=terms)]


BENCH = Bench(
    draw=draw, build=lambda **sizes: Scores(**_arguments(**sizes)), figures=figures
)
