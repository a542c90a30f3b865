"""How full a window's buffer is: room for the writer, pixels for the reader."""

from collections.abc import Mapping
from itertools import pairwise

from amaranth import Module, Mux, Signal, Value, signed
from amaranth.utils import bits_for

from hw.cores.choice import chosen
from hw.cores.counter import Counter
from hw.cores.span import Span


def level(
    m: Module, span: Span, room: int, taken: Value, at: Mapping[str, Counter]
) -> tuple[Value, Value]:
    """(room for a pixel, the pixels of this position are all there).

    Two signed counters whose sign bits are the answers. At most ``room`` pixels are held that some
    row still reads or that come after them. ``taken`` is a pixel written; ``at`` holds
    the reader's loops: when "turn" wraps it goes on to the next position, when "column" wraps a
    row is done and pixels that no later row reads make room.
    """
    rows, columns = span.rows, span.columns
    end = columns.steps - 1
    across = [columns.needs(x + 1) - columns.needs(x) for x in range(end)]
    down = [span.needs(y + 1, 0) - span.needs(y, end) for y in range(rows.outputs - 1)]
    down.append(span.pixels + span.needs(0, 0) - span.needs(rows.outputs - 1, end))
    bounds = pairwise([0, *map(rows.frees, range(rows.outputs))])
    freed = [(after - before) * columns.size for before, after in bounds]

    bits = bits_for(room + span.pixels) + 1
    left = Signal(signed(bits), init=room - 1)  # pixels it could take, less one
    lead = Signal(signed(bits), init=-span.needs(0, 0))  # pixels there beyond those needed
    further = Mux(
        at["column"].last,
        chosen(m, "down", at["row"].value, down),
        chosen(m, "across", at["column"].value, [*across, *across[:1]] or [0]),
    )
    released = chosen(m, "freed", at["row"].value, freed)
    m.d.sync += [
        lead.eq(lead + taken - Mux(at["turn"].wrap, further, 0)),
        left.eq(left - taken + Mux(at["column"].wrap, released, 0)),
    ]
    return ~left[-1], ~lead[-1]
