"""Sums of pairs of bits with one weight, between the registers that a unit has before and behind
them.

Every weight waits apart, as of words in blocks.
"""

import random

from amaranth import Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.fabric.delay import registered
from hw.cores.mvu import pairsum
from hw.cores.mvu.pairsum import LEVELS, PairSum

LANES = 800
"""At most, of all pixels."""

PAIRS = ((2, 8), (9, 16), (17, 64), (65, 128))
"""From and to, of a beat, by the registers on the way through a count."""


class Registered(wiring.Component):
    """Inputs and counts in registers, as of `hw.cores.mvu.mvu.Mvu`."""

    def __init__(self, sums: PairSum) -> None:
        self._sums = sums
        counts = len(Value.cast(sums.o)) + len(sums.carry)
        super().__init__({
            "i": In(len(sums.i)), "weights": In(len(sums.weights)), "o": Out(counts),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sums = sums = self._sums
        m.d.comb += [
            sums.i.eq(registered(m, self.i, "data")),
            sums.weights.eq(self.weights),
            self.o.eq(registered(m, Cat(sums.o, sums.carry), "counts")),
        ]
        return m


def draw(rng: random.Random) -> Sizes:
    simd, pixels = 2 * log_uniform(rng, *rng.choice(PAIRS)), rng.choice([1, 1, 2, 3])
    return {"pe": log_uniform(rng, 1, max(LANES // simd // pixels, 1)), "simd": simd,
            "pixels": pixels}  # fmt: skip


def build(pe: int, simd: int, pixels: int) -> Registered:
    return Registered(PairSum(outputs=pe, inputs=simd, levels=LEVELS, pixels=pixels))


def figures(pe: int, simd: int, pixels: int) -> list[Figure]:
    terms = pairsum.ff.terms(
        pe, simd, pixels, inputs=pixels * simd, weights=pe * simd // 2, whole=float
    )
    return [Figure(formula=pairsum.ff, cells="ff", terms=terms)]


BENCH = Bench(draw=draw, build=build, figures=figures)
