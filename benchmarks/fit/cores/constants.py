"""Sums with constant weights, drawn at random.

Of integers there are two ways to add, of which the core takes the lesser one: the sample is of the
one that takes fewer LUT4 by the coefficients in use.
"""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.mvu import constantcost
from hw.cores.mvu.constantsum import ConstantSum
from hw.cores.mvu.sharing import LEVELS

SYNAPSES = 3000
"""At most."""

FIRST = (9, 18, 25, 27, 48)
"""Inputs of first layers, which alone are of integers."""


def draw(rng: random.Random) -> Sizes:
    element = rng.choice([1, 1, 2, 4, 6, 8])
    inputs = log_uniform(rng, 6, 400) if element == 1 else rng.choice(FIRST)
    outputs = log_uniform(rng, 4, min(128, SYNAPSES // inputs))
    return {"outputs": outputs, "inputs": inputs, "element": element}


def build(outputs: int, inputs: int, element: int) -> ConstantSum:
    weights = random.Random(outputs * inputs).getrandbits(outputs * inputs)
    return ConstantSum(
        words=[weights], outputs=outputs, inputs=inputs, levels=LEVELS, element=element
    )


def figures(outputs: int, inputs: int, element: int) -> list[Figure]:
    registers = inputs * element  # before the sums
    sizes: tuple[int, ...] = outputs, inputs
    lut, ff = constantcost.bit_lut, constantcost.bit_ff
    if element > 1:
        sizes = *sizes, element
        pairs = (
            (constantcost.joined_lut, constantcost.joined_ff),
            (constantcost.halved_lut, constantcost.halved_ff),
        )
        lut, ff = min(pairs, key=lambda pair: round(pair[0](*sizes)))
    return [
        Figure(formula=lut, cells="lut", terms=lut.terms(*sizes)),
        Figure(formula=ff, cells="ff", terms=ff.terms(*sizes).times(1, registers)),
    ]


BENCH = Bench(draw=draw, build=build, figures=figures)
