"""Products of integers in LUTs."""

import random

from amaranth import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.fit.bench import Bench, Figure, Sizes
from hw.cores.integers import multiplier


class Product(wiring.Component):
    """A product of its ports, all of which go on at once."""

    def __init__(self, element: int, factor: int) -> None:
        self._cycles = multiplier.cycles(factor, "lut")
        super().__init__({
            "number": In(signed(element)), "factor": In(signed(factor)), "enable": In(1),
            "o": Out(signed(element + factor)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        number, factor = Signal.like(self.number), Signal.like(self.factor)
        with m.If(self.enable):
            m.d.sync += [number.eq(self.number), factor.eq(self.factor)]
        enables = [self.enable] * self._cycles
        m.d.comb += self.o.eq(multiplier.product(m, enables, number, factor, "lut"))
        return m


def draw(rng: random.Random) -> Sizes:
    return {"element": rng.randrange(6, 19), "factor": rng.randrange(3, 19)}


def figures(element: int, factor: int) -> list[Figure]:
    terms = multiplier.lut.terms(element, factor)
    return [Figure(formula=multiplier.lut, cells="lut", terms=terms)]


BENCH = Bench(draw=draw, build=Product, figures=figures)
