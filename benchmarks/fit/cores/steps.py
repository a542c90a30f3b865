"""Sums whose weights are functions of a step, drawn at random."""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.mvu import stepcost
from hw.cores.mvu.constantsum import STEPS, ConstantSum
from hw.cores.mvu.sharing import LEVELS

LANES = 700
"""At most."""


def draw(rng: random.Random) -> Sizes:
    inputs = log_uniform(rng, 9, 350)
    rows = log_uniform(rng, 1, min(64, LANES // inputs))
    return {"rows": rows, "inputs": inputs, "steps": log_uniform(rng, 2, STEPS)}


def build(rows: int, inputs: int, steps: int) -> ConstantSum:
    rng = random.Random(rows * inputs)
    words = [rng.getrandbits(rows * inputs) for _ in range(steps)]
    return ConstantSum(words=words, outputs=rows, inputs=inputs, levels=LEVELS)


def figures(rows: int, inputs: int, steps: int) -> list[Figure]:
    sizes = rows, inputs, steps
    return [
        Figure(formula=stepcost.lut, cells="lut", terms=stepcost.lut.terms(*sizes)),
        Figure(formula=stepcost.ff, cells="ff", terms=stepcost.ff.terms(*sizes)),
    ]


BENCH = Bench(draw=draw, build=build, figures=figures)
