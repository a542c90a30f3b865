"""The sliding window: pixels in raster order become the inputs of every dot product, in order."""

from collections.abc import Sequence
from itertools import product

from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.cores.fabric.counter import loops
from hw.cores.fabric.delay import delayed
from hw.cores.fabric.home import Home
from hw.cores.stream.credit import CreditStream
from hw.cores.window.geometry import Axis, WindowGeometry
from hw.cores.window.linebuffer import LineBuffer
from hw.cores.window.positions import Positions

SHALLOW = 32
"""Up to this depth a buffer lives in distributed memory: 4 LUT4 for each bit of a pixel, where an
18 kbit block, of which a device has one for every 400 LUT4, takes 36."""


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
    of a position is valid ``latency`` cycles after the last pixel it needs was accepted, ``flight``
    cycles after it set out.

    With ``pixels`` above 1 a position is that many output pixels side by side: a beat holds the
    inputs of all of them, each read from a copy of the buffer, and waits for the last one's. With
    ``held`` above 1 it is as many times more, and every beat becomes that many, one for each
    ``pixels`` of them in order.

    A pixel is accepted while there is room; room returns when an output row is done and its topmost
    rows are not needed again, and the rest of a frame when its last output row is done
    (`hw.cores.window.positions`).

    A dense layer is a kernel that covers its map; since its inputs then come in plain order, any
    factoring of the vector does, such as ``channels`` = the bits a beat of the layer before
    brings, ``height`` 1 and ``width`` = the number of such beats: no `Widener` is needed.

    Parameters
    ----------
    channels, element : int
        Elements of a pixel, and bits of an element.
    height, width : int
        The map, without its padding.
    kernel, stride, padding : (int, int)
        Vertical, horizontal. Padding is symmetric and below the kernel.
    pad_value : int
        What an element outside the map reads (the bit, or an integer of ``element`` bits).
    simd : int
        Inputs of a beat: divides ``channels``, or is ``channels * t`` with t dividing the taps.
    passes : int
        How often each window is repeated (output channels / PE).
    pixels : int
        Output pixels at once.
    held : int
        How often as many follow, side by side, before the next inputs of the same; together they
        divide the output columns.
    row_class, column_class : sequence of int
        Border class of every output row, and of every ``pixels * held`` output columns; the class
        of a position is ``row_class[y] * columns + column_class[x]`` with
        ``columns = max(column_class) + 1``. None is a single class.
    depth : int
        Pixels of the buffer, a power of two; None takes
        `hw.cores.window.geometry.WindowGeometry.depth`.
    room : int
        Pixels of it that are used; None uses all. Below
        `hw.cores.window.geometry.WindowGeometry.least` the window stops for ever.
    home : "block" or "lut"
        Where the buffer lives; None takes "lut" up to a depth of `SHALLOW`.

    Members
    -------
    i : In(stream of unsigned(channels * element))
        A pixel, channel 0 lowest.
    o : Out(CreditStream of window_layout(simd, element, classes, pixels))

    Attributes
    ----------
    latency, flight : int

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    def __init__(
        self,
        *,
        channels: int,
        height: int,
        width: int,
        kernel: tuple[int, int],
        simd: int,
        element: int = 1,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        pad_value: int = 0,
        passes: int = 1,
        pixels: int = 1,
        held: int = 1,
        row_class: Sequence[int] | None = None,
        column_class: Sequence[int] | None = None,
        depth: int | None = None,
        room: int | None = None,
        home: Home | None = None,
    ) -> None:
        self._span = WindowGeometry(
            rows=Axis(size=height, kernel=kernel[0], stride=stride[0], padding=padding[0]),
            columns=Axis(
                size=width, kernel=kernel[1], stride=stride[1], padding=padding[1],
                pixels=pixels * held,
            ),
            turns=held,
        )  # fmt: skip
        self._depth = self._span.depth if depth is None else depth
        self._room = self._depth if room is None else room
        _require_lanes(simd, channels, self._span)
        self._row_class = tuple(row_class or [0] * self._span.rows.steps)
        self._column_class = tuple(column_class or [0] * self._span.columns.steps)
        self._require_sizes()
        self._together = max(simd // channels, 1)
        self._slices = max(channels // simd, 1)
        self._passes = passes
        self._pixel = channels * element
        self._part = min(simd, channels) * element
        self._pad = Const(pad_value % (1 << element), element).replicate(self._part // element)
        self._home = buffer_home(self._depth, home or "block")
        self.flight = flight(simd, channels)
        self.latency = latency(simd, channels)
        classes = (max(self._row_class) + 1) * (max(self._column_class) + 1)
        super().__init__({
            "i": In(stream.Signature(self._pixel)),
            "o": Out(CreditStream(window_layout(simd, element, classes, pixels))),
        })

    def _require_sizes(self) -> None:
        span = self._span
        for name, axis, classes in (
            ("row", span.rows, self._row_class),
            ("column", span.columns, self._column_class),
        ):
            if axis.padding >= axis.kernel or axis.outputs < 1:
                raise ValueError(
                    f"{name}s: a kernel of {axis.kernel} with padding {axis.padding} does not "
                    f"slide over {axis.size}"
                )
            if len(classes) != axis.steps:
                raise ValueError(f"{len(classes)} {name} classes for {axis.steps} steps")
        if self._depth & (self._depth - 1) or self._depth < span.least:
            raise ValueError(
                f"a buffer of {self._depth} pixels must be a power of two of at least "
                f"{span.least}; the default is {span.depth}"
            )
        if not 0 < self._room <= self._depth:
            raise ValueError(f"room for {self._room} pixels in a buffer of {self._depth}")

    def elaborate(self, platform: object) -> Module:
        m = Module()
        step, written = Signal(), Signal()
        m.submodules.positions = positions = Positions(
            span=self._span,
            depth=self._depth,
            room=self._room,
            row_class=self._row_class,
            column_class=self._column_class,
        )
        held, groups = self._span.turns, self._span.taps // self._together
        at = loops(m, step, {
            "held": held, "slice": self._slices, "group": groups, "turn": self._passes,
        })
        place = at["group"].value
        if held > 1:
            place = at["held"].value + self._span.places * place
        position = positions.o.p
        m.d.comb += [
            self.i.ready.eq(positions.room),
            written.eq(self.i.valid & self.i.ready),
            positions.pixel.eq(written),
            step.eq(positions.o.valid & self.o.room),
            positions.o.ready.eq(at["turn"].wrap),
            self.o.reserve.eq(step & at["slice"].last & at["group"].last),
        ]
        m.submodules.buffer = buffer = LineBuffer(
            width=self._pixel,
            depth=self._depth,
            reaches=self._span.reaches(self._together),
            home=self._home,
        )
        m.d.comb += [
            buffer.write.eq(written),
            buffer.word.eq(self.i.payload),
            buffer.address.eq(position.corner),
            buffer.group.eq(place),
        ]
        labels = {
            "valid": step,
            "border": position.border,
            "slice": at["slice"].value,
            "outside": self._outside(position, place),
        }
        pixels = {f"pixel{number}": pixel for number, pixel in enumerate(buffer.o)}
        labels = delayed(m, labels, 2)
        if self._slices > 1:  # a register between block memory and the choice of a slice
            labels, pixels = delayed(m, labels), delayed(m, pixels)
        parts = [Signal(self._part, name="part", reset_less=True) for _ in pixels]
        for part, pixel, outside in zip(parts, pixels.values(), labels["outside"], strict=True):
            m.d.sync += part.eq(pixel.word_select(labels["slice"], self._part))
            with m.If(outside):  # comes out as the register's set or reset
                m.d.sync += part.eq(self._pad)
        labels = delayed(m, labels)
        m.d.comb += [
            self.o.valid.eq(labels["valid"]),
            self.o.p.border.eq(labels["border"]),
            self.o.p.data.eq(Cat(parts)),
        ]
        return m

    def _outside(self, position: View, place: Value) -> Value:
        """Which of the taps read together lie in the padding, pixel by pixel."""
        kernel, turns, places = self._span.columns.kernel, self._span.turns, self._span.places
        columns = [
            position.beside[first : first + kernel]
            for first in range(0, len(position.beside), kernel)
        ]
        taps = [
            [above | beside for above in position.above for beside in pixel] for pixel in columns
        ]
        at_once = len(columns) // turns
        outside = []
        for first, tap in product(range(at_once), range(self._together)):
            of_turns = [pixel[tap :: self._together] for pixel in taps[first::at_once]]
            of_turns += of_turns[-1:] * (places - turns)
            each = [bit for group in zip(*of_turns, strict=True) for bit in group]
            outside.append(Cat(each).bit_select(place, 1))
        return Cat(outside)


def buffer_home(words: int, wanted: Home) -> Home:
    """Where a buffer lives: a shallow one always in LUTs."""
    return "lut" if words <= SHALLOW else wanted


def flight(simd: int, channels: int) -> int:
    """Cycles from where a beat sets out to where it comes: address, memory, slice, output."""
    return 4 if simd < channels else 3


def latency(simd: int, channels: int) -> int:
    """Cycles from a position's last pixel to its first beat: level, position, and its `flight`."""
    return 2 + flight(simd, channels)


def _require_lanes(simd: int, channels: int, span: WindowGeometry) -> None:
    slices = simd > 0 and channels % simd == 0
    together = simd > 0 and simd % channels == 0 and span.taps % (simd // channels) == 0
    if not (slices or together):
        raise ValueError(
            f"SIMD {simd} neither divides {channels} channels nor is them times a divisor of "
            f"{span.taps} taps"
        )
    pixels, outputs = span.columns.pixels, span.columns.outputs
    if pixels < 1 or outputs % pixels:
        raise ValueError(f"{pixels} pixels at once do not divide {outputs} columns")
