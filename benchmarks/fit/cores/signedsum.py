"""Sums of three integers and more, by one word of weights, by two and by many."""

import random

from amaranth import Cat, Const, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.fabric.delay import registered
from hw.cores.mvu import signedsum
from hw.cores.mvu.signedsum import LEVELS, SignedSum

MANY = 3
"""Words from which on every weight has a register of its own."""


class Weighted(wiring.Component):
    """A `SignedSum` whose weights come as from registers: those that two words differ by and the
    others' complements, or all; or constants."""

    def __init__(self, sums: SignedSum, words: int) -> None:
        self._sums, self._words = sums, words
        lanes = len(sums.weights)
        super().__init__({
            "i": In(len(sums.i)), "weights": In({1: 0, 2: 2}.get(words, lanes)),
            "o": Out(len(Value.cast(sums.o))),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sums = sums = self._sums
        lanes = len(sums.weights)
        rng = random.Random(lanes)
        few = [Const(0), Const(1), *self.weights][: 2 * self._words]
        chosen = self.weights if self._words >= MANY else Cat(rng.choices(few, k=lanes))
        m.d.comb += [
            sums.i.eq(self.i),
            sums.weights.eq(chosen),
            self.o.eq(registered(m, Value.cast(sums.o), "counts")),
        ]
        return m


def draw(rng: random.Random) -> Sizes:
    return {
        "pe": log_uniform(rng, 1, 24), "simd": log_uniform(rng, 3, 36),
        "element": rng.randrange(2, 10), "pixels": rng.choice([1, 1, 2]),
        "words": rng.choice([1, 2, MANY, MANY]),
    }  # fmt: skip


def build(pe: int, simd: int, element: int, pixels: int, words: int) -> Weighted:
    sums = SignedSum(outputs=pe, inputs=simd, element=element, levels=LEVELS, pixels=pixels)
    return Weighted(sums, words)


def figures(pe: int, simd: int, element: int, pixels: int, words: int) -> list[Figure]:
    terms = signedsum.lut.terms(pe, simd, element, words).times(pixels)
    return [Figure(formula=signedsum.lut, cells="lut", terms=terms)]


BENCH = Bench(draw=draw, build=build, figures=figures)
