"""Some rows and columns of a map of integers, between channels of zeros."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from amaranth import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, PureInterface
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.counter import Counter, counter, loops
from hw.cores.stream import fifo
from hw.cores.stream.fifo import Fifo

LATENCY = 1
"""Cycles from a beat that is taken, or waits, to the same beat offered."""


@dataclass(frozen=True, kw_only=True)
class SubsampleSizes:
    """Sizes of a `Subsample`, and the beats, times and FIFO depth that follow from them.

    Parameters
    ----------
    width : bits of a beat.
    beats : of a position that comes.
    before, after : beats of zeros of a position that leaves.
    map : rows and columns that come.
    stride : every so many of them are taken, from the first.
    """

    width: int
    beats: int
    before: int
    after: int
    map: tuple[int, int]
    stride: tuple[int, int]

    @property
    def pads(self) -> bool:
        """True if there are zeros: then what is taken waits until those before it have left."""
        return bool(self.before + self.after)

    @property
    def steps(self) -> int:
        """Beats of a position that leaves."""
        return self.before + self.beats + self.after

    @property
    def comes(self) -> int:
        """Beats of a map that comes."""
        return self.map[0] * self.map[1] * self.beats

    @property
    def leaves(self) -> int:
        """Beats of a map that leaves."""
        rows, columns = (-(-size // step) for size, step in zip(self.map, self.stride, strict=True))
        return rows * columns * self.steps

    @cached_property
    def taken(self) -> np.ndarray:
        """Numbers of the beats of a map that are taken, in order."""
        numbers = np.arange(self.comes).reshape(*self.map, self.beats)
        return numbers[:: self.stride[0], :: self.stride[1]].ravel()

    def times(self, taken: np.ndarray) -> np.ndarray:
        """Cycles in which beats leave, from those in which all beats of a map come."""
        own = taken[self.taken]
        if not self.pads:
            return own + LATENCY
        there = (own + fifo.LATENCY).reshape(-1, self.beats)
        # Zeros before a position wait for it; those behind it leave at once.
        waits = np.concatenate([
            np.repeat(there[:, :1], self.before, axis=1), there,
            np.zeros((len(there), self.after), there.dtype)], axis=1).ravel()  # fmt: skip
        steps = np.arange(len(waits))
        return np.maximum.accumulate(waits - steps) + steps + LATENCY

    @cached_property
    def depth(self) -> int:
        """Depth of the FIFO of what is taken, which never fills where maps come a beat a cycle,
        as fast as they can leave."""
        frame = max(self.comes, self.leaves)
        came = (np.arange(self.comes) + np.array([[0], [frame]])).ravel()
        numbers = np.concatenate([self.taken, self.taken + self.comes])
        twice = SubsampleSizes(
            width=self.width, beats=self.beats, before=self.before, after=self.after,
            map=(1, 2 * self.leaves // self.steps), stride=(1, 1))  # fmt: skip
        gone = twice.times(came[numbers]).reshape(-1, self.steps)[
            :, self.before : self.before + self.beats].ravel() - LATENCY  # fmt: skip
        there = np.searchsorted(came[numbers], gone, side="right")
        return fifo.depth(int((there - np.arange(len(gone))).max()))


class Subsample(wiring.Component):
    """Beats of every so many rows and columns, zeros before and behind those of each position.

    It takes a beat a cycle: what is not taken is dropped at once, what is waits in a FIFO while
    zeros leave.

    Parameters
    ----------
    sizes : SubsampleSizes

    Members
    -------
    i, o : In and Out(stream of unsigned(sizes.width))
    """

    def __init__(self, sizes: SubsampleSizes) -> None:
        self._sizes = sizes
        super().__init__({
            "i": In(stream.Signature(sizes.width)), "o": Out(stream.Signature(sizes.width)),
        })

    def elaborate(self, platform: object) -> Module:
        m, sizes = Module(), self._sizes
        came, takes = Signal(), self._takes(m, Value.cast(self.i.valid & self.i.ready))
        ready, o = Signal(), Signal(sizes.width, name="o__payload", reset_less=True)
        m.d.comb += [
            came.eq(self.i.valid & takes),
            self.i.ready.eq(ready | ~takes),
            self.o.payload.eq(o),
        ]
        moves = self.o.ready | ~self.o.valid
        if not sizes.pads:
            m.d.comb += ready.eq(moves)
            with m.If(moves):
                m.d.sync += [o.eq(self.i.payload), self.o.valid.eq(came)]
            return m
        m.submodules.waiting = waiting = Fifo(sizes.width, sizes.depth)
        m.d.comb += [
            waiting.i.payload.eq(self.i.payload), waiting.i.valid.eq(came),
            ready.eq(waiting.i.ready),
        ]
        own, there = self._own(m, waiting.o, moves)
        with m.If(moves):
            m.d.sync += [o.eq(Mux(own, waiting.o.payload, 0)), self.o.valid.eq(there)]
        return m

    def _takes(self, m: Module, step: Value) -> Value:
        """High while beats of a row and a column come that are taken."""
        (rows, columns), (down, right) = self._sizes.map, self._sizes.stride
        at = loops(m, step, {"beat": self._sizes.beats, "x": columns, "y": rows})
        beat, x, y = (at[name] for name in ("beat", "x", "y"))
        return (self._phase(m, "column", beat, x, right) == 0) & (
            self._phase(m, "row", x, y, down) == 0)

    @staticmethod
    def _phase(m: Module, name: str, inner: Counter, at: Counter, step: int) -> Value:
        """The place among so many rows or columns; the first of a map begins anew."""
        phase = Signal(range(step), name=name)
        with m.If(inner.wrap):
            m.d.sync += phase.eq(Mux(at.last | (phase == step - 1), 0, phase + 1))
        return phase

    def _own(self, m: Module, waiting: PureInterface, moves: Value) -> tuple[Value, Value]:
        """Two flags of the next beat: that it is one that came, not zeros, and that it is there."""
        sizes = self._sizes
        own, there = Signal(), Signal()
        step = counter(m, "step", moves & there, sizes.steps).value
        end = sizes.before + sizes.beats
        m.d.comb += [
            own.eq((step >= sizes.before) & (step < end)),
            there.eq(waiting.valid | (step >= end)),
            waiting.ready.eq(own & moves),
        ]
        return own, there


def resources(sizes: SubsampleSizes, family: Family = ECP5) -> Resources:
    """Cost of a `Subsample`: counters of what comes and of what leaves, the register, the FIFO."""
    counts = ceil_log2(sizes.beats) + sum(map(ceil_log2, (*sizes.map, *sizes.stride)))
    total = Resources(lut=2 * counts + 4, ff=counts + 4 + sizes.width)
    if not sizes.pads:
        return total
    step = ceil_log2(sizes.steps)
    return total + Resources(lut=2 * step + 6, ff=step + 1) + fifo.resources(
        sizes.width, sizes.depth, family)
