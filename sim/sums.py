"""The smallest accelerator: sums of pixels as scores, to try the link without a network."""

from amaranth import Array, Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.protocol import Answer
from hw.cores.scores import scores_layout

BIAS = 600
"""Taken from every score, so that both signs occur."""


def expected(image: bytes, classes: int, channels: int) -> Answer:
    """What `Sums` answers: ``score[k] = sum of the pixels p with p % classes == k, minus BIAS``."""
    pixels = [sum(image[at : at + channels]) for at in range(0, len(image), channels)]
    scores = tuple(sum(pixels[k::classes]) - BIAS for k in range(classes))
    return Answer(scores=scores, klass=scores.index(max(scores)))


class Sums(wiring.Component):
    """Sums the bytes of a frame by the pixel's number modulo the classes.

    Takes a pixel each cycle, then gives its scores, one a cycle, and takes no pixel meanwhile.

    Parameters
    ----------
    shape : (channels, height, width)
    classes : int, at most the number of pixels

    Members
    -------
    i : In(stream of unsigned(8 * channels))
    o : Out(stream of scores_layout(signed(8 * score_bytes), classes))
    """

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        self.shape, self.classes = shape, classes
        bytes_summed = shape[0] * -(-shape[1] * shape[2] // classes)
        score = signed(max((255 * bytes_summed).bit_length(), BIAS.bit_length()) + 1)
        super().__init__({
            "i": In(stream.Signature(8 * shape[0])),
            "o": Out(stream.Signature(scores_layout(score, classes))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        channels, height, width = self.shape
        sums = Array(
            Signal(self.o.p.score.shape(), init=-BIAS, name=f"sum{k}") for k in range(self.classes)
        )
        left = Signal(range(height * width + 1), init=height * width)
        k, best = Signal(range(self.classes)), Signal(range(self.classes))
        last = k == self.classes - 1
        better = (k == 0) | (sums[k] > sums[best])
        pixel = sum(self.i.p.word_select(channel, 8) for channel in range(channels))
        m.d.comb += [
            self.i.ready.eq(left != 0),
            self.o.valid.eq(left == 0),
            self.o.p.score.eq(sums[k]),
            self.o.p.klass.eq(Mux(better, k, best)),
            self.o.p.last.eq(last),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [sums[k].eq(sums[k] + pixel), left.eq(left - 1), k.eq(Mux(last, 0, k + 1))]
            with m.If(left == 1):
                m.d.sync += k.eq(0)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [k.eq(Mux(last, 0, k + 1)), best.eq(self.o.p.klass)]
            with m.If(last):
                m.d.sync += left.eq(height * width)
                m.d.sync += [each.eq(-BIAS) for each in sums]
        return m
