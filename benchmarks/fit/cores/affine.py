"""Batch norms of integers with products in multiplier blocks, and sums of planes of weights."""

import random
from typing import Any

from benchmarks.fit.bench import Bench, Figure, Sizes
from hw.cores.fabric import inturn
from hw.cores.integers import affine
from hw.cores.integers.affine import Affine, AffineSizes


def draw(rng: random.Random) -> Sizes:
    return {"element": rng.randrange(6, 19), "lanes": 1 << rng.randrange(4),
            "beats": 1 << rng.randrange(6), "planes": rng.choice([0, 0, 2, 4]),
            "bits": rng.randrange(10, 18), "seed": rng.randrange(1 << 20)}


def _sizes(
    element: int, lanes: int, beats: int, planes: int, bits: int, seed: int
) -> AffineSizes:
    rng, half, count = random.Random(seed), 1 << element - 1, lanes * beats
    multipliers = [tuple(1 << k for k in range(planes))] * count
    offsets = [0] * count
    if not planes:
        multipliers = [(rng.randrange(-4096, 4096),) for _ in range(count)]
        offsets = [rng.randrange(-half << 10, half << 10) for _ in range(count)]
    return AffineSizes(
        element=element, source=range(-half, half), multipliers=tuple(multipliers),
        offsets=tuple(offsets), shift=0 if planes else 10, lanes=lanes,
        bits=element + planes if planes else bits,
    )  # fmt: skip


def figures(**sizes: Any) -> list[Figure]:
    made = _sizes(**sizes)
    constants = sum(
        inturn.resources(made.lanes * affine.width(column), made.beats).lut
        for column in (*made.columns, made.offsets) if len({*column}) > 1
    )
    terms = affine.lut.terms(made).times(1, constants)
    return [Figure(formula=affine.lut, cells="lut", terms=terms)]


BENCH = Bench(draw=draw, build=lambda **sizes: Affine(_sizes(**sizes)), figures=figures)
