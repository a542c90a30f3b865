"""The reader's walk through a window's buffer: where it is, and how far around it reads."""

from collections.abc import Mapping
from itertools import pairwise

from amaranth import Module, Mux, Signal
from amaranth.utils import ceil_log2

from hw.cores.choice import chosen
from hw.cores.counter import Counter
from hw.cores.span import Span


def walk(m: Module, span: Span, depth: int, together: int, at: Mapping[str, Counter]) -> Signal:
    """The address of the first of the ``together`` taps that are read now, of the first pixel.

    Pixel n of all frames lives at ``n % depth``; ``depth`` is a power of two, so that addresses
    wrap by themselves and there are additions and no multiplier. ``at`` holds the reader's loops,
    innermost first: "slice", "group" of taps, "turn", "column", "row".
    """
    rows, columns = span.rows, span.columns
    origin = (rows.start(0) * columns.size + columns.start(0)) % depth
    line = Signal(ceil_log2(depth), init=origin)  # tap (0, 0) at the left end of the row
    corner = Signal.like(line)  # tap (0, 0)
    here = Signal.like(line)  # first tap of the group
    following = Signal.like(line)  # tap (0, 0) of the next position
    beyond = (rows.size - (rows.outputs - 1) * rows.stride) * columns.size
    down = Mux(at["row"].last, beyond, rows.stride * columns.size)
    m.d.comb += following.eq(Mux(at["column"].last, line + down, corner + columns.advance))
    with m.If(at["turn"].wrap):
        m.d.sync += corner.eq(following)
    with m.If(at["column"].wrap):
        m.d.sync += line.eq(following)

    firsts = _offsets(span)[::together]
    leaps = [after - before for before, after in pairwise(firsts)]
    leap = chosen(m, "leap", at["group"].value, [*leaps, *leaps[:1]] or [0])
    with m.If(at["group"].wrap):
        m.d.sync += here.eq(Mux(at["turn"].last, following, corner))
    with m.Elif(at["slice"].wrap):
        m.d.sync += here.eq(here + leap)
    return here


def reaches(span: Span, together: int) -> list[tuple[int, ...]]:
    """For every pixel and every tap that are read together, how many places it lies after where
    the `walk` is, in each group of taps."""
    offsets = _offsets(span)
    firsts = offsets[::together]
    return [
        tuple(
            pixel * span.columns.stride + offset - first
            for offset, first in zip(offsets[tap::together], firsts, strict=True)
        )
        for pixel in range(span.columns.pixels)
        for tap in range(together)
    ]


def _offsets(span: Span) -> list[int]:
    """Where every tap lies, counted from the first."""
    return [
        y * span.columns.size + x
        for y in range(span.rows.kernel)
        for x in range(span.columns.kernel)
    ]
