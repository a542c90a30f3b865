"""Sums of two streams of integers."""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes
from hw.cores.integers import add
from hw.cores.integers.add import Add


def draw(rng: random.Random) -> Sizes:
    widths = [rng.randrange(6, 20) for _ in range(2)]
    return {"lanes": 1 << rng.randrange(5), "widths": widths, "width": max(widths) + 1}


def build(lanes: int, widths: list[int], width: int) -> Add:
    one, other = widths
    return Add(lanes=lanes, widths=(one, other), width=width)


def figures(lanes: int, widths: list[int], width: int) -> list[Figure]:
    return [Figure(formula=add.lut, cells="lut", terms=add.lut.terms(lanes, width))]


BENCH = Bench(draw=draw, build=build, figures=figures)
