"""The smallest accelerator, with sums of pixels as scores, to test the link without a network."""

from itertools import pairwise

from amaranth import Elaboratable, Module, Mux, ResetInserter, Signal, Value, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.protocol import Answer
from hw.cores.scores import scores_layout

BIAS = 600
"""Subtracted from every score, so that both signs occur."""


def expected(image: bytes, classes: int, channels: int) -> Answer:
    """The answer of `Sums`: ``score[k] = sum of pixels p with p % classes == k, minus BIAS``."""
    pixels = [sum(image[at : at + channels]) for at in range(0, len(image), channels)]
    scores = tuple(sum(pixels[k::classes]) - BIAS for k in range(classes))
    return Answer(scores=scores, klass=scores.index(max(scores)))


class Sums(wiring.Component):
    """An accelerator whose scores are sums of pixels by their number modulo the classes.

    It accepts a beat each cycle, then gives its scores, one a cycle, and accepts no pixel
    meanwhile. While its output is not valid, the payload there is wrong on purpose.

    Parameters
    ----------
    shape : (channels, height, width)
    classes : int, at most the number of pixels
    pixels : int, pixels of a beat; divides those of a frame

    Members
    -------
    i : In(stream of unsigned(8 * channels * pixels))
    o : Out(stream of scores_layout(signed(8 * score_bytes), classes))

    Attributes
    ----------
    reset : Signal
        As in `hw.design.accelerator.Accelerator`.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int, pixels: int = 1) -> None:
        self.shape, self.classes, self.pixels, self.reset = shape, classes, pixels, Signal()
        bytes_summed = shape[0] * -(-shape[1] * shape[2] // classes)
        score = signed(max((255 * bytes_summed).bit_length(), BIAS.bit_length()) + 1)
        super().__init__({
            "i": In(stream.Signature(8 * shape[0] * pixels)),
            "o": Out(stream.Signature(scores_layout(score, classes))),
        })

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        channels, height, width = self.shape
        beats = height * width // self.pixels
        # The sums rotate by one with every pixel, so that the next pixel is added to the first.
        # After a frame, the next score is the one at this index.
        score = self.o.p.score.shape()
        ring = [Signal(score, init=-BIAS, name=f"sum{k}") for k in range(self.classes)]
        first = ring[-height * width % self.classes]
        left = Signal(range(beats + 1), init=beats)
        k, best, highest = Signal(range(self.classes)), Signal(range(self.classes)), Signal(score)
        last = k == self.classes - 1
        better = (k == 0) | (first > highest)
        turned: list[Value] = [*ring]
        for place in range(0, self.pixels * channels, channels):
            pixel = sum(self.i.p.word_select(place + channel, 8) for channel in range(channels))
            turned = [*turned[1:], turned[0] + pixel]
        m.d.comb += [
            self.i.ready.eq(left != 0),
            self.o.valid.eq(left == 0),
            self.o.p.score.eq(first),
            self.o.p.klass.eq(Mux(self.o.valid, Mux(better, k, best), ~best)),
            self.o.p.last.eq(~self.o.valid | last),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += left.eq(left - 1)
            m.d.sync += [each.eq(after) for each, after in zip(ring, turned, strict=True)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [k.eq(k + 1), best.eq(self.o.p.klass)]
            m.d.sync += [each.eq(after) for each, after in pairwise([*ring, ring[0]])]
            with m.If(better):
                m.d.sync += highest.eq(first)
            with m.If(last):
                m.d.sync += [left.eq(beats), k.eq(0)]
                m.d.sync += [each.eq(-BIAS) for each in ring]
        return ResetInserter(self.reset)(m)
