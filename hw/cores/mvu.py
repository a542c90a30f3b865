"""The matrix-vector unit: PE dot products at once, SIMD inputs of each in a cycle."""

from collections.abc import Sequence
from typing import Literal

from amaranth import Module, Shape, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.cores.window import window_layout


class Mvu(wiring.Component):
    """A folded matrix-vector product with +-1 weights, thresholded to bits or counted.

    ``count[m] = sum over inputs of (x == w)`` for bits, ``sum of (x if w else ~x)`` for integers;
    the output bit is ``count[m] >= limits[border][m]``. A vector is ``beats`` beats; it must be
    offered once for each pass, and each pass ends with one output beat of PE results. One beat
    each cycle; stalls with its output, never drops. The result of a pass is valid ``latency``
    cycles after its last beat was accepted.

    Parameters
    ----------
    pe, simd, element : int
        Output channels at once, inputs at once, and bits of an input: 1 is a bit (1 = +1),
        2 and more a two's complement integer.
    beats : int
        Beats of a vector: inputs / simd.
    words : sequence of int
        Weights, one word for every (pass, beat), ``passes * beats`` in all. Bit
        ``p * simd + s`` is the weight of channel ``pass * pe + p`` and input
        ``beat * simd + s``; 1 is +1.
    limits : sequence (classes) of sequence (passes * pe) of int
        Threshold on the count, for every border class and channel. None: counts leave instead.
    home : "block" or "lut"
        Weights in embedded memory, or as constants in LUTs.
    limits_home : "block" or "lut"
        The same for the limits; None chooses by their number.
    levels : int
        Adder levels between two pipeline registers.

    Members
    -------
    i : In(stream of window_layout(simd, element, classes))
        ``border`` is read with the last beat of a pass.
    o : Out(stream)
        With limits unsigned(pe), bit p is channel ``pass * pe + p``; without,
        ``data.ArrayLayout(count_shape, pe)``.

    Attributes
    ----------
    count_shape : Shape
        Of a full count: unsigned for bits, signed for integers.
    latency : int
        Cycles from the last beat of a pass to its result.
    match, fire : Signal
        In simulation and in the Verilog: agreeing bits of every lane, and the decisions.

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    def __init__(
        self,
        *,
        pe: int,
        simd: int,
        beats: int,
        words: Sequence[int],
        limits: Sequence[Sequence[int]] | None,
        element: int = 1,
        home: Literal["block", "lut"] = "block",
        limits_home: Literal["block", "lut"] | None = None,
        levels: int = 2,
    ) -> None:
        size = simd * beats
        self.count_shape: Shape = (
            unsigned(bits_for(size)) if element == 1
            else signed(bits_for((size << (element - 1)) - 1, require_sign_bit=True))
        )
        result = unsigned(pe) if limits is not None else data.ArrayLayout(self.count_shape, pe)
        classes = len(limits) if limits is not None else 1
        super().__init__({
            "i": In(stream.Signature(window_layout(simd, element, classes))),
            "o": Out(stream.Signature(result)),
        })

    def elaborate(self, platform: object) -> Module:
        raise NotImplementedError
