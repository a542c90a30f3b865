"""The positions of a sliding window in order, each when the pixels that it reads are there."""

from collections.abc import Sequence
from itertools import pairwise

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import bits_for, ceil_log2

from hw.cores.fabric.choice import chosen
from hw.cores.fabric.counter import Counter, counter, loops
from hw.cores.stream.creditfifo import CreditFifo
from hw.cores.window.geometry import WindowGeometry


def position_layout(geometry: WindowGeometry, depth: int, classes: int) -> data.StructLayout:
    """``corner``, where the first tap of the first pixel lies in the buffer; ``border``, the class
    of the position; ``above`` and ``beside``, which rows and which columns (pixel by pixel) of the
    kernel lie in the padding; ``ends``, whether it is the last of its row."""
    return data.StructLayout({
        "corner": unsigned(ceil_log2(depth)),
        "border": unsigned(ceil_log2(classes)),
        "above": unsigned(geometry.rows.kernel),
        "beside": unsigned(geometry.columns.kernel * geometry.columns.pixels),
        "ends": unsigned(1),
    })


class Positions(wiring.Component):
    """Counts words that come and positions that they suffice for, ``ahead`` of the reader.

    A word is ``geometry.beat`` pixels. Word n of all frames lives at ``n % depth``; ``depth`` is a
    power of two, so that addresses wrap by themselves and there are additions and no multiplier. A
    position is offered two cycles after its last word came. When the last position of a row is
    taken, words that no later row reads make room two cycles later.

    Parameters
    ----------
    geometry : WindowGeometry
    ahead : int
        Positions that may wait.
    depth, room : int
        Words of the buffer, and those used at most: held for some row, or come after those.
    row_class, column_class : sequence of int
        As of `hw.cores.window.window.Window`.

    Members
    -------
    word : In(1)
        One is written; only while there is ``room``.
    room : Out(1)
    o : Out(stream of position_layout)
    """

    def __init__(
        self,
        *,
        geometry: WindowGeometry,
        ahead: int,
        depth: int,
        room: int,
        row_class: Sequence[int],
        column_class: Sequence[int],
    ) -> None:
        self._geometry, self._ahead, self._depth, self._room = geometry, ahead, depth, room
        self._row_class, self._column_class = row_class, column_class
        classes = (max(row_class) + 1) * (max(column_class) + 1)
        self._layout = position_layout(geometry, depth, classes)
        super().__init__({
            "word": In(1),
            "room": Out(1),
            "o": Out(stream.Signature(self._layout)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        there, grant = Signal(), Signal()
        rows, columns = self._geometry.rows, self._geometry.columns
        at = loops(m, grant, {"column": columns.steps, "row": rows.steps})
        m.submodules.queue = queue = CreditFifo(self._layout, self._ahead)
        position = Signal(self._layout)
        m.d.comb += [
            there.eq(self._there(m, grant, at)),
            grant.eq(there & queue.room),
            queue.reserve.eq(grant),
            queue.push.eq(grant),
            queue.word.eq(position),
            position.corner.eq(self._corner(m, grant, at)),
            position.border.eq(self._border(m, at)),
            position.above.eq(self._outside(m, "row", at)),
            position.beside.eq(self._outside(m, "column", at)),
            position.ends.eq(at["column"].last),
            self.room.eq(self._left(m)),
        ]
        connect(m, queue.o, flipped(self.o))
        return m

    def _there(self, m: Module, grant: Value, at: dict[str, Counter]) -> Value:
        """A bit: the words of the next position have come."""
        geometry, rows, columns = self._geometry, self._geometry.rows, self._geometry.columns
        end = columns.steps - 1
        across = [geometry.reach(x) - geometry.reach(x + 1) for x in range(end)]
        down = [geometry.needs(y, end) - geometry.needs(y + 1, 0) for y in range(rows.outputs - 1)]
        down.append(geometry.needs(rows.outputs - 1, end) - geometry.words - geometry.needs(0, 0))
        further = Mux(
            at["column"].last,
            chosen(m, "down", at["row"].value, down),
            chosen(m, "across", at["column"].value, [*across, *across[:1]] or [0]),
        )
        # Words there beyond those needed; the sign is the answer.
        lead = Signal(signed(self._bits), init=-geometry.needs(0, 0))
        none = Const(0, lead.shape())
        m.d.sync += lead.eq(_sum(lead, Mux(grant, further, none), self.word))
        return ~lead[-1]

    def _left(self, m: Module) -> Value:
        """A bit: there is room for a word."""
        rows, width = self._geometry.rows, self._geometry.width
        bounds = pairwise([0, *map(rows.frees, range(rows.outputs))])
        freed = [(after - before) * width - 1 for before, after in bounds]
        done = Signal()
        m.d.sync += done.eq(self.o.valid & self.o.ready & self.o.p.ends)
        row = counter(m, "done_row", done, rows.outputs).value
        left = Signal(signed(self._bits), init=self._room - 1)  # words it could take, less one
        more = Mux(done, chosen(m, "freed", row, freed), Const(-1, left.shape()))
        m.d.sync += left.eq(_sum(left, more, ~self.word))
        return ~left[-1]

    @property
    def _bits(self) -> int:
        return bits_for(self._room + self._geometry.words) + 1

    def _corner(self, m: Module, grant: Value, at: dict[str, Counter]) -> Signal:
        geometry, rows = self._geometry, self._geometry.rows
        origin = geometry.start(0) % self._depth
        line = Signal(ceil_log2(self._depth), init=origin)  # at the left end of the row
        corner, following = Signal.like(line), Signal.like(line)
        beyond = (rows.size - (rows.outputs - 1) * rows.stride) * geometry.width
        down = Mux(at["row"].last, beyond, rows.stride * geometry.width)
        last = at["column"].last
        m.d.comb += following.eq(Mux(last, line, corner) + Mux(last, down, geometry.advance))
        with m.If(grant):
            m.d.sync += corner.eq(following)
            with m.If(last):
                m.d.sync += line.eq(following)
        return corner

    def _outside(self, m: Module, name: str, at: dict[str, Counter]) -> Value:
        axis = self._geometry.rows if name == "row" else self._geometry.columns
        of_step = [
            sum(1 << tap for tap, out in enumerate(axis.outside(step)) if out)
            for step in range(axis.steps)
        ]
        return chosen(m, f"{name}_outside", at[name].value, of_step)

    def _border(self, m: Module, at: dict[str, Counter]) -> Value:
        many = max(self._column_class) + 1
        row = chosen(m, "row_border", at["row"].value, [many * c for c in self._row_class])
        return row + chosen(m, "column_border", at["column"].value, self._column_class)


def _sum(total: Signal, change: Value, one: Value) -> Value:
    """``total + change + one`` on a single carry chain; ``change`` is as wide as ``total``."""
    return (Cat(1, total).as_signed() + Cat(one, change).as_signed()) >> 1
