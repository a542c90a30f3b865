"""Dot products of bits: how many inputs agree with their weights, for several outputs at once."""

from amaranth import Module, Shape, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.cores import popcount
from hw.cores.popcount import Popcount


class BitSum(wiring.Component):
    """``o[q * outputs + p] = popcount(xnor(i[q], weights[p]))``; all are registered first.

    Parameters
    ----------
    outputs, inputs, pixels : int
        PE, SIMD, and how many vectors of inputs share the weights.
    levels : int
        As of `Popcount`.

    Members
    -------
    enable : In(1)
    i : In(pixels * inputs)
    weights : In(outputs * inputs)
        Bit ``p * inputs + s``; 1 is +1.
    o : Out(data.ArrayLayout(shape, pixels * outputs))

    Attributes
    ----------
    shape : Shape
        Of a count.
    latency : int
        Cycles of ``enable`` from the inputs to the counts.
    match : Signal
        The agreeing bits of every lane, pixel by pixel placed as the weights: what simulation
        counts toggles of.
    """

    def __init__(self, *, outputs: int, inputs: int, levels: int, pixels: int = 1) -> None:
        self._outputs, self._inputs, self._levels = outputs, inputs, levels
        self.shape: Shape = unsigned(bits_for(inputs))
        self.latency = latency(inputs, levels)
        self.match = Signal(pixels * outputs * inputs)
        super().__init__({
            "enable": In(1),
            "i": In(pixels * inputs),
            "weights": In(outputs * inputs),
            "o": Out(data.ArrayLayout(self.shape, pixels * outputs)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inputs = Signal.like(self.i, reset_less=True)
        weights = Signal.like(self.weights, reset_less=True)
        with m.If(self.enable):
            m.d.sync += [inputs.eq(self.i), weights.eq(self.weights)]
        for start in range(0, len(inputs), self._inputs):
            pixel = inputs[start : start + self._inputs].replicate(self._outputs)
            matches = self.match[start * self._outputs :][: len(weights)]
            m.d.comb += matches.eq(~(pixel ^ weights))
        for lane, total in enumerate(self.o):
            m.submodules[f"count{lane}"] = count = Popcount(self._inputs, self._levels)
            m.d.comb += [
                count.enable.eq(self.enable),
                count.i.eq(self.match.word_select(lane, self._inputs)),
                total.eq(count.o),
            ]
        return m


def latency(inputs: int, levels: int) -> int:
    """Cycles of a `BitSum`."""
    return 1 + popcount.latency(inputs, levels)
