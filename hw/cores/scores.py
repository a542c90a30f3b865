"""Scores and their argmax: counts of the last layer, summed over its map, scaled and compared."""

from collections.abc import Sequence

from amaranth import Module, Shape, signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2


def scores_layout(score: ShapeLike, classes: int) -> data.StructLayout:
    """Payload of `Scores`: a score, the best class so far, and a mark on the last class."""
    return data.StructLayout({
        "score": score,
        "klass": unsigned(ceil_log2(classes)),
        "last": unsigned(1),
    })


class Scores(wiring.Component):
    """``score[c] = multipliers[c] * (sum of count[c] over positions) + offsets[c]``, and argmax.

    Counts arrive one a beat, all classes of a position before the next position. With the last
    position of a frame every count gives a score, one output beat for each class in order, and
    ``klass`` is the lowest class with the highest score so far: on the ``last`` beat, the answer.
    Accepts a count each cycle, the next frame right behind; stalls with its output.

    Parameters
    ----------
    count : Shape
        Shape of a count, signed or not (`Mvu.count_shape`).
    positions : int
        Positions of the map that are summed.
    multipliers, offsets : sequence (classes) of int
    score : Shape
        Shape of a score; None derives the smallest that holds the worst case.

    Members
    -------
    i : In(stream of count)
    o : Out(stream of scores_layout(score_shape, classes))

    Attributes
    ----------
    score_shape : Shape

    Raises
    ------
    ValueError
        Lengths differ, no position, or ``score`` cannot hold every score.
    """

    def __init__(
        self,
        *,
        count: Shape,
        positions: int,
        multipliers: Sequence[int],
        offsets: Sequence[int],
        score: Shape | None = None,
    ) -> None:
        ends = [
            m * positions * c + o
            for m, o in zip(multipliers, offsets, strict=True)
            for c in (0, (1 << count.width) - 1)
        ]
        self.score_shape = score or signed(max(bits_for(e, require_sign_bit=True) for e in ends))
        super().__init__({
            "i": In(stream.Signature(count)),
            "o": Out(stream.Signature(scores_layout(self.score_shape, len(multipliers)))),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
