"""Width conversion of streams: several narrow beats become a wide one, or the other way round."""

import math
from dataclasses import dataclass

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.counter import counter
from hw.cores.fitted import Coefficients, fitted
from hw.cores.stream import skid
from hw.cores.stream.skid import SkidBuffer

WIDE = 256
"""Bits of a wide beat above which a `Widener` is to be ``registered``: its flip-flops lie far from
each other, and what moves them would come from far as well, through several LUT4."""

LATENCY = 1
"""Cycles that a wide beat comes later from a ``registered`` widener."""


class Widener(wiring.Component):
    """``beats`` beats of ``width`` bits become one beat; the first is in the low bits.

    A narrow beat may be that of several ``pixels``, ``width`` bits each, and of as many others in
    each of ``reuse`` beats before the next ``width`` bits of the first: the wide beat has one pixel
    after the other. Of each, ``kept`` bits go on; what the last beat brings beyond them does not
    count.

    The wide beat is offered in the cycle of its last narrow beat: no latency, one narrow beat
    each cycle. ``i.ready`` follows ``o.ready`` combinationally on the last beat. A ``registered``
    one has a register for the narrow beat, so that the flip-flops of the wide one wait for no more
    than another flip-flop; there ``i.ready`` follows ``o.ready`` while a wide beat is offered.

    Parameters
    ----------
    width : int
        Bits of a pixel in a narrow beat, at least 1.
    beats : int
        Narrow beats to a pixel, at least 1 (then, and without reuse, it is a wire).
    pixels, reuse : int
    kept : int
        Of the ``width * beats`` bits of a pixel; None: all.
    registered : bool
        What moves the wide beat is a flip-flop, and the wide beat comes `LATENCY` later.

    Members
    -------
    i : In(stream of unsigned(pixels * width))
    o : Out(stream of unsigned(reuse * pixels * kept))

    Raises
    ------
    ValueError
        A parameter is below 1, or no bit of the last beat is kept.
    """

    def __init__(
        self, width: int, beats: int, *, pixels: int = 1, reuse: int = 1, kept: int | None = None,
        registered: bool = False,
    ) -> None:  # fmt: skip
        _require_positive(width * pixels, beats * reuse)
        most = width * beats
        self._kept = most if kept is None else kept
        if not most - width < self._kept <= most:
            raise ValueError(f"{kept} bits of {beats} beats of {width}: there are {most}")
        self._width, self._beats = width * pixels, beats * reuse
        self._each, self._pixels, self._registered = width, pixels * reuse, registered
        super().__init__({
            "i": In(stream.Signature(self._width)),
            "o": Out(stream.Signature(self._pixels * self._kept)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        earlier = Signal(self._width * (self._beats - 1), reset_less=True)
        taken = self.i.valid & self.i.ready
        beat = counter(m, "beat", taken, self._beats)
        if self._registered:
            last, moves = self._register(m, taken, beat.last)
        else:
            last, moves = self.i.payload, taken
            m.d.comb += [
                self.o.valid.eq(self.i.valid & beat.last),
                self.i.ready.eq(self.o.ready | ~beat.last),
            ]
        wide = Cat(earlier, last)
        parts = [wide[at : at + self._each] for at in range(0, len(wide), self._each)]
        m.d.comb += self.o.payload.eq(Cat(
            Cat(parts[pixel :: self._pixels])[: self._kept] for pixel in range(self._pixels)
        ))
        with m.If(moves):
            m.d.sync += earlier.eq(wide[self._width :])
        return m

    def _register(self, m: Module, taken: Value, ends: Value) -> tuple[Value, Value]:
        """A register for the narrow beat, and one for its moving to those before: all but the last,
        which is offered as it is."""
        came, moves = Signal(self._width, reset_less=True), Signal()
        offered, free = Signal(), Signal()
        m.d.comb += [
            free.eq(self.o.ready | ~offered),
            self.i.ready.eq(free),
            self.o.valid.eq(offered),
        ]
        m.d.sync += moves.eq(taken & ~ends)
        with m.If(free):
            m.d.sync += [came.eq(self.i.payload), offered.eq(taken & ends)]
        return came, moves


class Narrower(wiring.Component):
    """One beat of ``width * beats`` bits becomes ``beats`` beats of ``width``, low bits first.

    One narrow beat each cycle, no gap between wide beats. ``o.valid`` follows ``i.valid`` and
    ``i.ready`` follows ``o.ready`` combinationally; the wide beat is accepted with its last part.

    Parameters
    ----------
    width : int
        Bits of a narrow beat, at least 1.
    beats : int
        Narrow beats to a wide one, at least 1 (then it is a wire).

    Members
    -------
    i : In(stream of unsigned(width * beats))
    o : Out(stream of unsigned(width))

    Raises
    ------
    ValueError
        ``width`` or ``beats`` is below 1.
    """

    def __init__(self, width: int, beats: int) -> None:
        _require_positive(width, beats)
        self._width, self._beats = width, beats
        super().__init__({
            "i": In(stream.Signature(width * beats)),
            "o": Out(stream.Signature(width)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = counter(m, "beat", self.o.valid & self.o.ready, self._beats)
        m.d.comb += [
            self.o.payload.eq(self.i.payload.word_select(beat.value, self._width)),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready & beat.last),
        ]
        return m


class Converter(wiring.Component):
    """A stream of bits in beats of ``taken`` becomes one in beats of ``given``, in the same order.

    Where one divides the other a `Widener` or a `Narrower`; otherwise first one and then the other,
    with a register between them, so that neither waits for the other.

    Parameters
    ----------
    taken, given : int
        Bits of a beat, at least 1.

    Members
    -------
    i : In(stream of unsigned(taken))
    o : Out(stream of unsigned(given))

    Raises
    ------
    ValueError
        ``taken`` or ``given`` is below 1.
    """

    def __init__(self, taken: int, given: int) -> None:
        _require_positive(taken, given)
        together = math.lcm(taken, given)
        self._widener = Widener(taken, together // taken)
        self._narrower = Narrower(given, together // given)
        self._both = together not in (taken, given)
        super().__init__({
            "i": In(stream.Signature(taken)),
            "o": Out(stream.Signature(given)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.widener, m.submodules.narrower = self._widener, self._narrower
        connect(m, flipped(self.i), self._widener.i)
        connect(m, self._narrower.o, flipped(self.o))
        if not self._both:
            connect(m, self._widener.o, self._narrower.i)
            return m
        m.submodules.register = register = SkidBuffer(self._widener.o.payload.shape())
        connect(m, self._widener.o, register.i)
        connect(m, register.o, self._narrower.i)
        return m


def _require_positive(width: int, beats: int) -> None:
    if width < 1 or beats < 1:
        raise ValueError(f"a beat of {width} bits, {beats} of them: both must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Widening(Coefficients):
    """LUT4 of a `Widener`: of each bit that counts its beats."""

    loop: float = 2.5


@dataclass(frozen=True, kw_only=True)
class Narrowing(Coefficients):
    """LUT4 of a `Narrower`: of a bit's choice between one beat more, and of each bit that counts
    them."""

    choice: float = 1
    loop: float = 2


@fitted(Widening())
def widener_lut(c: Widening, beats: int) -> float:
    """LUT4 of so many beats, of any width."""
    return c.loop * ceil_log2(beats)


@fitted(Narrowing())
def narrower_lut(c: Narrowing, width: int, beats: int) -> float:
    """LUT4 of so many beats of ``width`` bits."""
    return c.choice * width * (beats - 1) + c.loop * ceil_log2(beats)


def widened(width: int, beats: int, registered: bool = False) -> Resources:
    """Cost of a `Widener`: all but the last beat is kept, of a ``registered`` one that as well."""
    lut, ff = round(widener_lut(beats)), width * (beats - 1) + ceil_log2(beats)
    return Resources(lut=lut + 2 * registered, ff=ff + (width + 2) * registered)


def narrowed(width: int, beats: int) -> Resources:
    """Cost of a `Narrower`: a choice of a beat."""
    return Resources(lut=round(narrower_lut(width, beats)), ff=ceil_log2(beats))


def converted(taken: int, given: int, family: Family = ECP5) -> Resources:
    """Cost of a `Converter`: nothing, one of the two, or both and a register between them."""
    together = math.lcm(taken, given)
    total = widened(taken, together // taken) + narrowed(given, together // given)
    if together in (taken, given):
        return total
    return total + skid.resources(together, family)
