"""Integers against thresholds, channel by channel: a beat of some integers becomes bits."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import inturn
from hw.cores.fabric.counter import counter
from hw.cores.fabric.inturn import in_turn
from hw.cores.fitted import Coefficients, fitted
from hw.cores.integers.add import parts
from hw.cores.integers.pipeline import Pipeline

LATENCY = 2
"""Cycles from integers to their bits."""


class Compare(wiring.Component):
    """Bit ``c`` of a pixel is ``x[c // copies] >= thresholds[c]``, or its complement where
    ``negated``; a beat has those of ``lanes`` integers, the first lowest.

    Parameters
    ----------
    element : int
        Bits of an integer, two's complement.
    lanes : int
        Integers of a beat; divides those of a pixel.
    thresholds : sequence of int
        One that no integer reaches is as good as the highest integer and one.
    negated : sequence of bool, as long
    copies : int
        Thresholds of an integer.

    Members
    -------
    i : In(stream of unsigned(lanes * element))
    o : Out(stream of unsigned(lanes * copies))

    Attributes
    ----------
    fire : Signal
        The decisions, before the output register, for what counts them.
    """

    def __init__(
        self, *, element: int, lanes: int, thresholds: Sequence[int], negated: Sequence[bool],
        copies: int = 1,
    ) -> None:  # fmt: skip
        self._element, self._copies = element, copies
        self.fire = Signal(lanes * copies)
        self._words = words(element, lanes * copies, thresholds, negated)
        super().__init__({
            "i": In(stream.Signature(lanes * element)),
            "o": Out(stream.Signature(lanes * copies)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline, bits = Pipeline(m, self.i, self.o, LATENCY), self._element + 2
        beat = counter(m, "beat", pipeline.taken, len(self._words))
        constants = in_turn(
            m, "thresholds", self._words, len(self.o.payload) * bits,
            index=beat.value, enable=pipeline.enable[0], valid=pipeline.taken,
        )  # fmt: skip
        integers = parts(pipeline.later(self.i.payload, "integers", 0), self._element)
        found: list[Value] = []
        for place, constant in enumerate(parts(constants, bits)):
            below = (integers[place // self._copies] - constant[:-1].as_signed())[-1]
            found.append(~below ^ constant[-1])
        m.d.comb += self.fire.eq(Cat(found))
        pipeline.leave(self.fire)
        return m


def words(
    element: int, given: int, thresholds: Sequence[int], negated: Sequence[bool]
) -> list[int]:
    """A word for each beat of ``given`` bits: of every bit its threshold, one bit more than an
    integer, and whether it is negated."""
    most = 1 << element - 1
    each = [
        min(max(threshold, -most), most) % (4 * most) | no << element + 1
        for threshold, no in zip(thresholds, negated, strict=True)
    ]
    return [
        sum(one << place * (element + 2) for place, one in enumerate(each[at : at + given]))
        for at in range(0, len(each), given)
    ]


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of a `Compare` beside its constants: of its control, of a bit that counts beats, and of
    a bit that is compared."""

    control: float = 3
    loop: float = 3.3
    bit: float = 1.27


@fitted(Lut())
def lut(c: Lut, element: int, given: int, beats: int) -> float:
    """LUT4 of so many comparisons a beat."""
    return c.control + c.loop * ceil_log2(beats) + c.bit * given * (element + 1)


def resources(
    *, element: int, lanes: int, copies: int, beats: int, negates: bool, family: Family = ECP5
) -> Resources:
    """Cost of a `Compare` of random thresholds, some of them negated or none."""
    given = lanes * copies
    found = Resources(
        lut=round(lut(element, given, beats)),
        ff=lanes * element + given + ceil_log2(beats) + 3,
    )
    return found + inturn.resources(given * (element + 1 + negates), beats, family)
