"""A board's serial line as runs of levels: played into its rx, recorded from its tx.

A run is a level and its number of cycles; a whole session is a list of runs in each direction, so
that the compiled player runs it at full speed, and noise within a bit is just a shorter run.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

import numpy as np
from amaranth import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.design.top import BoardLogic
from hw.emit.verilog import emit
from sim.player import Request, play
from sim.verilate import BRIEF, Model, build

Run = tuple[int, int]
"""A level and its number of cycles."""

LONGEST = 1 << 14
"""Most cycles of a run in one beat; a longer run takes several."""
_RUN = data.StructLayout({"level": unsigned(1), "cycles": unsigned(14), "end": unsigned(1)})
"""A run in a beat: ``cycles`` is one less than its length; ``end`` marks the end of the session."""
_TAP = "top.recorder/o"


class WavedBoard(wiring.Component):
    """A board whose serial line is driven by a player of runs, and recorded as runs.

    Members
    -------
    i : In(stream of runs)
    o : Out(stream of unsigned(1))
        A beat for the run that ends the session.
    """

    def __init__(self, logic: BoardLogic) -> None:
        self._logic = logic
        super().__init__({"i": In(stream.Signature(_RUN)), "o": Out(stream.Signature(1))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.logic = logic = self._logic
        m.submodules.recorder = recorder = _Recorder()
        left, level = Signal(14), Signal(init=1)
        m.d.comb += [
            self.i.ready.eq(left == 0),
            logic.rx.eq(level),
            recorder.level.eq(logic.tx),
            recorder.o.ready.eq(1),
        ]
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.Elif(self.i.valid):
            m.d.sync += [left.eq(self.i.p.cycles), level.eq(self.i.p.level)]
        with m.If(self.i.valid & self.i.ready & self.i.p.end):
            m.d.sync += self.o.valid.eq(1)
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m


class _Recorder(wiring.Component):
    """A recorder of a level: a beat for every run, or several for one that is too long."""

    def __init__(self) -> None:
        super().__init__({"level": In(1, init=1), "o": Out(stream.Signature(_RUN))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        before, passed = Signal(init=1), Signal(14)
        m.d.comb += [
            self.o.p.level.eq(before),
            self.o.p.cycles.eq(passed),
            self.o.valid.eq((self.level != before) | (passed == LONGEST - 1)),
        ]
        m.d.sync += [before.eq(self.level), passed.eq(passed + 1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += passed.eq(0)
        return m


def waved(logic: BoardLogic) -> Model:
    """Compile a board for `session`."""
    scope, port = _TAP.split("/")
    public = [(scope, f"{port}__{part}") for part in ("payload", "valid", "ready")]
    return build(emit(WavedBoard(logic)), public=public, optimise=BRIEF)


def session(model: Model, runs: Iterable[Run]) -> list[Run]:
    """Play runs into a board's rx; returns those of its tx."""
    words = [
        level | (piece - 1) << 1 for level, cycles in joined(runs) for piece in _pieces(cycles)
    ]
    words.append(1 | 1 << 15)  # accepted at the end of the run before it
    beats = np.array(words, "<u2").view(np.uint8).reshape(-1, 2)
    request = Request(beats=beats, expect=1, patience=2 * LONGEST, taps=[_TAP])
    recorded = play(model, request).taps[_TAP].beats.copy().view("<u2").ravel().tolist()
    # A run is recorded at its end; the last one has none.
    return joined([*((word & 1, (word >> 1 & LONGEST - 1) + 1) for word in recorded), (1, LONGEST)])


def _pieces(cycles: int) -> Iterator[int]:
    while cycles > 0:
        yield min(cycles, LONGEST)
        cycles -= LONGEST


def joined(runs: Iterable[Run]) -> list[Run]:
    """Runs without empty ones, and with neighbours of the same level joined."""
    result: list[Run] = []
    last, length = -1, 0
    for level, cycles in runs:
        if level == last:
            length += cycles
        elif cycles > 0:
            if length:
                result.append((last, length))
            last, length = level, cycles
    return [*result, (last, length)] if length else result


def levels(byte: int) -> tuple[int, ...]:
    """The ten bits of a byte on the line."""
    return (0, *(byte >> k & 1 for k in range(8)), 1)


def encoded(sent: bytes, bit: float) -> list[Run]:
    """Bytes as runs, with ``bit`` cycles for a bit; edges are rounded to whole cycles."""
    if not sent:
        return []
    bits = [level for byte in sent for level in levels(byte)]
    edges = [k for k in range(1, len(bits)) if bits[k] != bits[k - 1]]
    places = [round(k * bit) for k in (0, *edges, len(bits))]
    return [
        (bits[k], after - before)
        for k, (before, after) in zip((0, *edges), pairwise(places), strict=True)
    ]


def decoded(runs: Iterable[Run], divisor: int) -> tuple[bytes, list[int]]:
    """Decode the bytes of a line; returns them, and the cycle of each one's stop bit.

    Sampling is that of `hw.cores.link.uart.Receiver`: the start bit at its middle, where it is
    noise if the line is high, then a bit every ``divisor`` cycles. A byte without stop bit is
    dropped, and the line has to be high before the next.
    """
    runs = joined(runs)
    high = [level for level, _ in runs]
    ends = list(accumulate(cycles for _, cycles in runs))
    total = ends[-1] if ends else 0
    found, times, at, now = bytearray(), list[int](), 0, 0

    def level(cycle: int) -> int:
        nonlocal at
        while ends[at] <= cycle:
            at += 1
        return high[at]

    while now < total:
        if level(now):
            now = ends[at]
            continue
        sample = now + divisor // 2
        if sample + 9 * divisor >= total:
            break
        if level(sample):
            now = sample + 1
            continue
        byte = 0
        for bit in range(8):
            sample += divisor
            byte |= level(sample) << bit
        sample += divisor
        if level(sample):
            found.append(byte)
            times.append(sample)
            now = sample + 1
        else:
            # From when the line is high on, look for a start bit in the cycle after.
            now = ends[at] + 1 if at + 1 < len(ends) else total
    return bytes(found), times
