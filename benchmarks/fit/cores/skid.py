"""Skid buffers."""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.stream import skid
from hw.cores.stream.skid import SkidBuffer


def draw(rng: random.Random) -> Sizes:
    return {"width": log_uniform(rng, 1, 512)}


def figures(width: int) -> list[Figure]:
    return [Figure(formula=skid.lut, cells="lut", terms=skid.lut.terms(width))]


BENCH = Bench(draw=draw, build=lambda width: SkidBuffer(width), figures=figures)
