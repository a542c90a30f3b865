"""The sliding window: pixels in raster order become the inputs of every dot product, in order."""

from collections.abc import Sequence
from itertools import product

from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.choice import chosen
from hw.cores.fabric.counter import counter, loops
from hw.cores.fabric.delay import delayed
from hw.cores.stream.credit import CreditStream
from hw.cores.window.linebuffer import LineBuffer
from hw.cores.window.positions import Positions
from hw.cores.window.sizes import WindowSizes


def window_layout(simd: int, element: int, classes: int, pixels: int = 1) -> data.StructLayout:
    """Payload of a `Window` and of what reads it: ``data`` (input 0 lowest, pixel by pixel) and
    ``border``, the class of the position."""
    return data.StructLayout({
        "data": unsigned(pixels * simd * element),
        "border": unsigned(ceil_log2(classes)),
    })


class Window(wiring.Component):
    """Streams the kernel window of every output position out of a circular buffer of pixels.

    For each output position in raster order, ``passes`` times over, all ``kh * kw * channels``
    inputs in (ky, kx, channel) order, ``simd`` at a time; each pass is one of its `CreditStream`. A
    beat sets out each cycle while input is there and the reader has room: no gap between positions,
    rows or frames, and the next frame is written while the last one is still read. The first beat
    of a position is valid ``sizes.latency`` cycles after the last pixel it needs was accepted,
    ``sizes.flight`` cycles after it set out.

    A position may be several output pixels side by side: a beat holds the inputs of all of them,
    each read from a copy of the buffer, and waits for the last one's. With reuse it is as
    many times more, and every beat becomes that many, one for each use in order.

    Pixels may come several at once, in words of ``geometry.beat``, which are kept as they are: taps
    of the same word are read from one copy. Where a beat has only a slice of a pixel they come, and
    are kept, in such slices: what is read of a copy is what a beat needs.

    A pixel is accepted while there is room; room returns when an output row is done and its topmost
    rows are not needed again, and the rest of a frame when its last output row is done
    (`hw.cores.window.positions`).

    A dense layer is a kernel that covers its map; since its inputs then come in plain order, any
    factoring of the vector does, such as ``channels`` = the bits a beat of the layer before
    brings, ``height`` 1 and ``width`` = the number of such beats: no `Widener` is needed.

    Parameters
    ----------
    sizes : WindowSizes
    pad_value : int
        What an element outside the map reads (the bit, or an integer of ``element`` bits).
    row_class, column_class : sequence of int
        Border class of every output row, and of every position of a row; the class of a position
        is ``row_class[y] * columns + column_class[x]`` with ``columns = max(column_class) + 1``.
        None is a single class.
    room : int
        Places of the buffer that are used; None uses all. Below
        `hw.cores.window.geometry.WindowGeometry.least` the window stops for ever.

    Members
    -------
    i : In(stream of unsigned(sizes.word))
        A pixel, several, or a slice of one, the first lowest; of each channel 0 lowest.
    o : Out(CreditStream of window_layout(simd, element, classes, pixels))

    Attributes
    ----------
    sizes : WindowSizes

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    def __init__(
        self,
        sizes: WindowSizes,
        *,
        pad_value: int = 0,
        row_class: Sequence[int] | None = None,
        column_class: Sequence[int] | None = None,
        room: int | None = None,
    ) -> None:
        self.sizes, geometry = sizes, sizes.geometry
        self._room = sizes.depth if room is None else room
        self._row_class = tuple(row_class or [0] * geometry.rows.steps)
        self._column_class = tuple(column_class or [0] * geometry.columns.steps)
        self._require_fit()
        self._part = min(sizes.simd, sizes.channels) * sizes.element
        pad = Const(pad_value % (1 << sizes.element), sizes.element)
        self._pad = pad.replicate(self._part // sizes.element)
        classes = (max(self._row_class) + 1) * (max(self._column_class) + 1)
        layout = window_layout(sizes.simd, sizes.element, classes, geometry.at_once)
        super().__init__({"i": In(stream.Signature(sizes.word)), "o": Out(CreditStream(layout))})

    def _require_fit(self) -> None:
        geometry, depth = self.sizes.geometry, self.sizes.depth
        for name, axis, classes in (
            ("row", geometry.rows, self._row_class),
            ("column", geometry.columns, self._column_class),
        ):
            if len(classes) != axis.steps:
                raise ValueError(f"{len(classes)} {name} classes for {axis.steps} steps")
        if not 0 < self._room <= depth:
            raise ValueError(f"room for {self._room} words in a buffer of {depth}")

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sizes, geometry = self.sizes, self.sizes.geometry
        step, written = Signal(), Signal()
        m.submodules.positions = positions = Positions(
            geometry=geometry,
            ahead=sizes.ahead,
            depth=sizes.depth,
            room=self._room,
            row_class=self._row_class,
            column_class=self._column_class,
        )
        at = loops(m, step, {
            "use": geometry.reuse, "slice": sizes.slices, "group": sizes.groups,
            "pass": sizes.passes,
        })
        place = at["group"].value
        if geometry.reuse > 1:
            place = at["use"].value + geometry.places * place
        position = positions.o.p
        turn = counter(m, "turn", written, sizes.parts)
        m.d.comb += [
            self.i.ready.eq(positions.room),
            written.eq(self.i.valid & self.i.ready),
            positions.word.eq(written & turn.last),
            step.eq(positions.o.valid & self.o.room),
            positions.o.ready.eq(at["pass"].wrap),
            self.o.reserve.eq(step & at["slice"].last & at["group"].last),
        ]
        m.submodules.buffer = buffer = LineBuffer(
            width=sizes.word,
            depth=sizes.depth,
            reaches=geometry.reaches(sizes.together),
            home=sizes.home,
            parts=sizes.parts,
        )
        m.d.comb += [
            buffer.write.eq(written),
            buffer.written.eq(turn.value),
            buffer.word.eq(self.i.payload),
            buffer.address.eq(position.corner),
            buffer.part.eq(at["slice"].value),
            buffer.group.eq(place),
        ]
        labels = {
            "valid": step,
            "border": position.border,
            "slice": at["slice"].value,
            "place": place,
            "outside": self._outside(position, place),
        }
        words = {f"word{number}": word for number, word in enumerate(buffer.o)}
        labels = delayed(m, labels, 2)
        if sizes.picks:  # a register between block memory and the choice of a part of it
            labels, words = delayed(m, labels), delayed(m, words)
        pixels = self._pixels(m, list(words.values()), labels["place"], labels["slice"])
        parts = [Signal(self._part, name="part", reset_less=True) for _ in pixels]
        for part, pixel, outside in zip(parts, pixels, labels["outside"], strict=True):
            m.d.sync += part.eq(pixel)
            with m.If(outside):  # comes out as the register's set or reset
                m.d.sync += part.eq(self._pad)
        labels = delayed(m, labels)
        m.d.comb += [
            self.o.valid.eq(labels["valid"]),
            self.o.p.border.eq(labels["border"]),
            self.o.p.data.eq(Cat(parts)),
        ]
        return m

    def _pixels(
        self, m: Module, words: Sequence[Value], place: Value, number: Value
    ) -> list[Value]:
        """The pixels of the taps that are read, or the slices of them that a beat has."""
        sizes = self.sizes
        if sizes.geometry.beat == 1:
            return list(words)
        turns = sizes.geometry.turns(sizes.together)
        pixels = [
            word.word_select(chosen(m, f"turn{tap}", place, turn), sizes.pixel)
            for tap, (word, turn) in enumerate(zip(words, turns, strict=True))
        ]
        return [pixel.word_select(number, self._part) for pixel in pixels]

    def _outside(self, position: View, place: Value) -> Value:
        """A bit for every tap that is read, pixel by pixel: it lies in the padding."""
        geometry, together = self.sizes.geometry, self.sizes.together
        kernel, reuse, places = geometry.columns.kernel, geometry.reuse, geometry.places
        columns = [
            position.beside[first : first + kernel]
            for first in range(0, len(position.beside), kernel)
        ]
        taps = [
            [above | beside for above in position.above for beside in pixel] for pixel in columns
        ]
        outside = []
        for first, tap in product(range(geometry.at_once), range(together)):
            of_uses = [pixel[tap::together] for pixel in taps[first :: geometry.at_once]]
            of_uses += of_uses[-1:] * (places - reuse)
            each = [bit for group in zip(*of_uses, strict=True) for bit in group]
            outside.append(Cat(each).bit_select(place, 1))
        return Cat(outside)
