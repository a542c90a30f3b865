"""Integers that are held within a range, lane by lane: saturation, as a Hardtanh has it."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Shape, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources
from hw.cores.integers.add import parts, resized
from hw.cores.integers.pipeline import Pipeline

LATENCY = 1
"""Cycles from a beat to what is left of it."""


class Clamp(wiring.Component):
    """``y = min(max(x, low), high)``, a beat each cycle, one cycle later.

    Between a negative power of two and the positive one of the same size, or one less, it looks at
    the bits above: a range of this kind costs no comparison.

    Parameters
    ----------
    lanes : int
        Integers of a beat, the first lowest.
    element : int
        Bits of an integer that comes, two's complement.
    limits : (int, int)
        The lowest and the highest result.
    width : int
        Bits of a result; the caller knows that every result fits.

    Members
    -------
    i : In(stream of unsigned(lanes * element))
    o : Out(stream of unsigned(lanes * width))
    """

    def __init__(self, *, lanes: int, element: int, limits: tuple[int, int], width: int) -> None:
        self._element, self._limits, self._width = element, limits, width
        super().__init__({
            "i": In(stream.Signature(lanes * element)),
            "o": Out(stream.Signature(lanes * width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.i, self.o, LATENCY)
        shape = Shape(self._width, signed=True)
        pipeline.leave(Cat(
            resized(self._clamped(each), shape) for each in parts(self.i.payload, self._element)
        ))
        return m

    def _clamped(self, value: Value) -> Value:
        low, high = (Const(limit, Shape.cast(range(min(limit, -1), max(limit, 0) + 1)))
                     for limit in self._limits)
        if (places := _places(self._limits)) is None:
            return Mux(value < low, low, Mux(value > high, high, value)).as_signed()
        if len(value) <= places + 1:
            return value  # It has no bits above.
        sign, above = value[-1], value[places:-1]
        fits = above == sign.replicate(len(above))
        return Mux(fits, value[: places + 1].as_signed(), Mux(sign, low, high)).as_signed()


def _places(limits: Sequence[int]) -> int | None:
    """k of a range from -2^k to 2^k or 2^k - 1; None of any other."""
    low, high = limits
    places = max(-low, 1).bit_length() - 1
    return places if -low == 1 << places and high in (-low, -low - 1) else None


def resources(*, lanes: int, element: int, limits: tuple[int, int], width: int) -> Resources:
    """Cost of a `Clamp`: of each lane what it looks at, and a choice for every bit, but for those
    that are 0 at both ends: they are reset."""
    places, (low, high) = _places(limits), limits
    looked = 2 * (element + 1) if places is None else -(-max(element - places, 0) // 3)
    chosen = 3 if places is not None and low == -high else width
    return Resources(lut=lanes * (chosen + looked) + 4, ff=lanes * width + 2)
