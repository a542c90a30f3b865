"""Memories that are written, in LUTs."""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.fabric import ram
from hw.cores.fabric.ram import REGISTERS, Ram


def draw(rng: random.Random) -> Sizes:
    return {"width": log_uniform(rng, 1, 256), "depth": rng.randrange(REGISTERS + 1, 65)}


def figures(width: int, depth: int) -> list[Figure]:
    return [Figure(formula=ram.lut, cells="lut", terms=ram.lut.terms(width, depth))]


BENCH = Bench(
    draw=draw, build=lambda width, depth: Ram(width=width, depth=depth, home="lut"),
    figures=figures,
)  # fmt: skip
