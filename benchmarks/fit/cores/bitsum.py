"""Sums of bits, between the registers that a unit has before and behind them.

Every weight waits apart, as of words in blocks.
"""

import random

from amaranth import Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.fabric.delay import registered
from hw.cores.mvu import bitsum
from hw.cores.mvu.bitsum import LEVELS, BitSum
from hw.cores.mvu.pairsum import PairSum

LANES = 800
"""At most, of all pixels."""

SIMD = ((2, 8), (9, 16), (17, 64), (65, 256))
"""From and to, by the registers on the way through a count."""


class Registered(wiring.Component):
    """Inputs and counts in registers, as of `hw.cores.mvu.mvu.Mvu`."""

    def __init__(self, sums: BitSum | PairSum) -> None:
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
    simd, pixels = log_uniform(rng, *rng.choice(SIMD)), rng.choice([1, 1, 2, 3])
    return {"pe": log_uniform(rng, 1, max(LANES // simd // pixels, 1)), "simd": simd,
            "pixels": pixels}  # fmt: skip


def build(pe: int, simd: int, pixels: int) -> Registered:
    return Registered(BitSum(outputs=pe, inputs=simd, levels=LEVELS, pixels=pixels))


def figures(pe: int, simd: int, pixels: int) -> list[Figure]:
    terms = bitsum.ff.terms(
        pe, simd, pixels, inputs=pixels * simd, weights=pe * simd, constant=False, whole=float
    )
    return [Figure(formula=bitsum.ff, cells="ff", terms=terms)]


BENCH = Bench(draw=draw, build=build, figures=figures)
