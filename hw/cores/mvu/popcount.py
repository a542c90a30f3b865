"""Counting ones: a tree of adders that takes one more bit at every carry-in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add

from amaranth import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.cores.fabric.delay import registered
from hw.cores.mvu.split import split, stages


@dataclass(frozen=True)
class _Count:
    """A value, and the pipeline stage in which it is there."""

    value: Value
    stage: int = 0


class Popcount(wiring.Component):
    """``o`` is the number of ones in ``i``, ``latency`` cycles later.

    ``count(a + b + 1) = count(a) + count(b) + bit``, the bit at the carry-in: split and pipelined
    as `hw.cores.mvu.leaf` and `hw.cores.mvu.rows`, which take its place where cells are named.

    Parameters
    ----------
    bits : int
        How many bits are counted, at least 1.
    levels : int
        LUT4 levels from one pipeline register to the next, at least 1: `hw.cores.mvu.split.stage`.

    Members
    -------
    i : In(bits)
    o : Out(bits_for(bits))

    Raises
    ------
    ValueError
        ``bits`` or ``levels`` is below 1.
    """

    def __init__(self, bits: int, levels: int) -> None:
        if bits < 1 or levels < 1:
            raise ValueError(
                f"a count of {bits} bits, a register each {levels} levels: both must be at least 1"
            )
        self._bits, self._levels = bits, levels
        self.latency = stages(bits, levels)
        super().__init__({"i": In(bits), "o": Out(bits_for(bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = self._count(m, iter(self.i), self._bits)
        m.d.comb += self.o.eq(self._at(m, count, self.latency).value)
        return m

    def _count(self, m: Module, bits: Iterator[Value], size: int) -> _Count:
        """The count of the next ``size`` bits, as early as LUT4 could have it."""
        if size == 1:
            return _Count(next(bits))
        parts = (*split(size), 1) if size > 3 else (1,) * size
        counts = [self._count(m, bits, part) for part in parts if part]
        stage = max(count.stage for count in counts)
        total = Signal(bits_for(size), name=f"count{size}")
        m.d.comb += total.eq(reduce(add, (self._at(m, each, stage).value for each in counts)))
        done = max(stage, stages(size, self._levels))
        return self._at(m, _Count(total, stage), done)

    def _at(self, m: Module, count: _Count, stage: int) -> _Count:
        """The same count in a later stage."""
        return _Count(registered(m, count.value, "stage", stage - count.stage), stage)
