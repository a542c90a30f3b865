"""Sums of small integers with +-1 weights, for several outputs that share what they can."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from amaranth import Module, Mux, Value, signed
from amaranth.hdl import Shape
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.resources import Resources
from hw.cores.fabric.delay import registered
from hw.cores.fitted import Coefficients, fitted

LEVELS = 1
"""Adders from register to register: with none between them two become one of three operands, which
costs more LUT4."""


class SignedSum(wiring.Component):
    """``o[q * outputs + p] = sum over s of (i[q][s] if w[p][s] else -i[q][s])``, less one for each
    -1 among the weights of inputs 0, 2, 4, ...

    Inputs go in pairs (a, b), whose sum and difference are made once for all outputs and
    registered. An output picks one of them by its weights and inverts it where a's weight is -1:
    a LUT4 for each bit and pair. ``~q = -q - 1``: each inversion leaves the result one too small,
    and whoever compares it takes that up in the limit.

    Parameters
    ----------
    outputs, inputs, pixels : int
        PE, SIMD, and how many vectors of inputs share the weights.
    element : int
        Bits of an input, two's complement.
    levels : int
        Adder levels from one pipeline register to the next, at least 1. The last has none.

    Members
    -------
    i : In(pixels * inputs * element)
    weights : In(outputs * inputs)
        Bit ``p * inputs + s``; 1 is +1. From a register: those of the inputs a cycle before.
    o : Out(data.ArrayLayout(shape, pixels * outputs))

    Attributes
    ----------
    shape : Shape
        Of a sum.
    latency : int
        Cycles from the inputs to the sums.
    """

    def __init__(
        self, *, outputs: int, inputs: int, element: int, levels: int, pixels: int = 1
    ) -> None:
        self._outputs, self._inputs, self._element = outputs, inputs, element
        self._levels = levels
        self._depth = _depth(inputs)
        self.shape: Shape = signed(element + (inputs - 1).bit_length())
        self.latency = latency(inputs, levels)
        super().__init__({
            "i": In(pixels * inputs * element),
            "weights": In(outputs * inputs),
            "o": Out(data.ArrayLayout(self.shape, pixels * outputs)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        size = self._inputs * self._element
        pixels = [
            self._pairs(m, self.i[start : start + size]) for start in range(0, len(self.i), size)
        ]
        for lane, total in enumerate(self.o):
            pixel, p = divmod(lane, self._outputs)
            row = self.weights[p * self._inputs : (p + 1) * self._inputs]
            picked = [
                _picked(pair, row[2 * k : 2 * k + 2]) for k, pair in enumerate(pixels[pixel])
            ]
            m.d.comb += total.eq(self._sum(m, picked))
        return m

    def _pairs(self, m: Module, vector: Value) -> list[list[Value]]:
        """[sum, difference] of every two inputs, and [input] of one left over."""
        size = self._element
        inputs = [vector[s * size : (s + 1) * size].as_signed() for s in range(self._inputs)]
        couples = zip(inputs[::2], inputs[1::2], strict=False)
        pairs = [_registered(m, [a + b, a - b]) for a, b in couples]
        if self._inputs % 2:
            pairs.append(_registered(m, inputs[-1:]))
        return pairs

    def _sum(self, m: Module, terms: list[Value]) -> Value:
        for level in range(1, self._depth + 1):
            couples = zip(terms[::2], terms[1::2], strict=False)
            terms = [a + b for a, b in couples] + terms[len(terms) // 2 * 2 :]
            if level % self._levels == 0 and level < self._depth:
                terms = _registered(m, terms)
        return terms[0]


def excess(weights: np.ndarray, simd: int) -> np.ndarray:
    """int64 (rows,): by how much the sums of all beats of SIMD inputs are above the count, the sum
    of ``x`` where a weight of the matrix (rows, inputs) is positive and of ``~x`` elsewhere.

    Each -1 should leave a sum one too small, and only the first one of a pair does.
    """
    second = np.arange(weights.shape[1]) % simd % 2 == 1
    return (weights[:, second] <= 0).sum(axis=1)


def latency(inputs: int, levels: int) -> int:
    """Cycles of a `SignedSum`."""
    return 1 + max(_depth(inputs) - 1, 0) // levels


def _depth(inputs: int) -> int:
    """Adder levels behind the pairs."""
    return ((inputs + 1) // 2 - 1).bit_length()


def _registered(m: Module, values: list[Value]) -> list[Value]:
    return [registered(m, value, "stage") for value in values]


def _picked(pair: list[Value], weights: Value) -> Value:
    """+a +b, +a -b, or the complement: a's weight is the low bit of the two, b's the high one."""
    value = Mux(weights.xor(), pair[1], pair[0]) if len(pair) == 2 else pair[0]
    return value ^ (~weights[0]).replicate(len(value)).as_signed()


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of a `SignedSum` and one pixel: of a bit of the sum and difference of two inputs; of a
    bit that an output picks and adds, by many words of weights or by two, of which outputs have
    much in common; of an output's first pick; of a bit that is added by a single word."""

    pair: float = 1.43
    picked: float = 2.1
    picked_of_two: float = 1.75
    first: float = 5.8
    added: float = 2.1


@fitted(Lut())
def lut(c: Lut, pe: int, simd: int, element: int, words: int) -> float:
    """LUT4 of one pixel."""
    terms, width = (simd + 1) // 2, element + 1
    lut = c.pair * (simd // 2 * 2 * width)
    if words > 1 and terms > 1:
        picked = c.picked if words > 2 else c.picked_of_two
        lut += pe * (picked * (terms - 1) * (width + 1) + c.first)
    if words == 1:
        for different, terms, width in _levels(pe, simd, element, words):
            lut += c.added * different * (terms // 2) * width
    return lut


def _levels(pe: int, simd: int, element: int, words: int) -> Iterator[tuple[int, int, int]]:
    """Levels of adders behind the pairs, each as the outputs whose sums differ, the terms that are
    added for each, and the bits of a sum."""
    terms, width, chosen = (simd + 1) // 2, element + 1, 2
    while terms > 1:
        chosen, width = 2 * chosen, width + 1
        # Outputs whose weights agree, or all disagree, share a sum of few inputs.
        yield min(pe, 1 << min(chosen - 1, 60)) if words == 1 else pe, terms, width
        terms = (terms + 1) // 2


def resources(
    pe: int, simd: int, element: int, pixels: int = 1, *, words: int, inputs: int | None = None
) -> Resources:
    """Cost of a `SignedSum`: inputs registered, as many as differ; sum and difference of every two,
    shared; picked, inverted and added per output, by ``words`` of weights."""
    kept = element * (pixels * simd if inputs is None else inputs)
    ff = simd // 2 * 2 * (element + 1) + simd % 2 * element + pe * (element + ceil_log2(simd))
    for different, terms, width in _levels(pe, simd, element, words):
        # A register behind every level of adders but the last.
        ff += different * ((terms + 1) // 2) * width * (terms > 2)
    return Resources(lut=round(pixels * lut(pe, simd, element, words)), ff=kept + pixels * ff)
