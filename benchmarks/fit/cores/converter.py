"""Wideners and narrowers."""

import random

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.stream import converter
from hw.cores.stream.converter import Narrower, Widener

KINDS = {"widener": Widener, "narrower": Narrower}


def draw(rng: random.Random) -> Sizes:
    width = log_uniform(rng, 1, 64)
    beats = log_uniform(rng, 2, min(64, 512 // width))
    return {"kind": rng.choice(sorted(KINDS)), "width": width, "beats": beats}


def build(kind: str, width: int, beats: int) -> Widener | Narrower:
    return KINDS[kind](width, beats)


def figures(kind: str, width: int, beats: int) -> list[Figure]:
    if kind == "widener":
        terms = converter.widener_lut.terms(beats)
        return [Figure(formula=converter.widener_lut, cells="lut", terms=terms)]
    terms = converter.narrower_lut.terms(width, beats)
    return [Figure(formula=converter.narrower_lut, cells="lut", terms=terms)]


BENCH = Bench(draw=draw, build=build, figures=figures)
