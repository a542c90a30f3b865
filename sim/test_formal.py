"""Streams: no beat is lost, doubled or out of turn, for all inputs; a fault in each is seen."""

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.protocol import Kind
from hw import sliding
from hw.cores.fabric.delay import delayed
from hw.cores.link import packet
from hw.cores.stream import converter, creditfifo, fifo, serialiser, skid
from hw.cores.window import geometry, positions, window
from hw.cores.window.sizes import WindowSizes
from sim.formal import (
    FrameWatch,
    FreeCrc,
    Inside,
    WindowWatch,
    never_wrong,
    proved,
)

Make = Callable[[ModuleType], wiring.Component]


class Journey(wiring.Component):
    """A pipeline of some cycles with a credit queue at its end."""

    def __init__(self, end: wiring.Component, flight: int) -> None:
        self._queue, self._flight = end, flight
        super().__init__({"i": In(stream.Signature(1)), "o": Out(stream.Signature(1))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = end = self._queue
        sets_out = {"valid": self.i.valid & self.i.ready, "word": self.i.payload}
        arrives = delayed(m, sets_out, self._flight)
        m.d.comb += [
            self.i.ready.eq(end.room), end.reserve.eq(sets_out["valid"]),
            end.push.eq(arrives["valid"]), end.word.eq(arrives["word"]),
        ]  # fmt: skip
        connect(m, end.o, flipped(self.o))
        return m


REGISTER = Inside(
    names={"o__payload": 1, "$signal$6": 1, "empty": 1, "o__valid": 1},
    places=lambda first, spare, empty, valid: [(valid, first), (~empty, spare)],
    sane=lambda first, spare, empty, valid: valid | empty,
)
QUEUE = Inside(
    names={"queue.word0": 1, "queue.word1": 1, "queue.filled": 2, "queue.reserved": 2,
           "queue.returned": 1},
    places=lambda one, other, filled, reserved, returned: [(filled[0], one), (filled[1], other)],
    sane=lambda one, other, filled, reserved, returned: (
        (filled != 2) & (reserved != 2)
        & (reserved[0] + reserved[1] == filled[0] + filled[1] + returned)
    ),
)

EVER: dict[str, tuple[ModuleType, Make, Inside]] = {
    "skid buffer": (skid, lambda cores: cores.SkidBuffer(1), REGISTER),
    "credit FIFO": (creditfifo, lambda cores: Journey(cores.CreditFifo(1, 2), 0), QUEUE),
}
"""Proofs without a bound: the component in its module, and the places where it stores beats."""

BOUNDED: dict[str, tuple[ModuleType, Make, int, int]] = {
    "credit FIFO": (creditfifo, lambda cores: Journey(cores.CreditFifo(1, 3), 2), 12, 0),
    "credit FIFO in memory": (
        creditfifo, lambda cores: Journey(cores.CreditFifo(1, 4), 2), 12, 0),
    "FIFO": (fifo, lambda cores: cores.Fifo(1, 4), 11, 0),
    "widener": (converter, lambda cores: cores.Widener(1, 3), 12, 0),
    "registered widener": (
        converter, lambda cores: cores.Widener(1, 3, registered=True), 12, 4),
    "registered wire": (converter, lambda cores: cores.Widener(1, 1, registered=True), 11, 0),
    "narrower": (converter, lambda cores: cores.Narrower(1, 3), 12, 0),
    "converter": (converter, lambda cores: cores.Converter(2, 3), 13, 6),
    "serialiser": (serialiser, lambda cores: cores.Serialiser(1, 3), 11, 0),
}
"""Bounded proofs: component, cycles, and the units with which a beat is due, if more than its own.
"""

FAULTS = {
    ("skid buffer", "valid falls"): ("self.i.valid | ~empty", "self.i.valid"),
    ("skid buffer", "takes too many"): ("with m.Elif(self.i.valid)", "with m.Elif(0)"),
    ("skid buffer", "another word"): ("Mux(empty, self.i.payload, spare)", "self.i.payload"),
    ("credit FIFO", "moves before it is taken"): ("m.If(taken | ~full)", "m.If(taken | full)"),
    ("credit FIFO", "room for one too many"): ("returned)[-1])", "returned)[-1] | self.o.valid)"),
    ("credit FIFO in memory", "moves before it is taken"): ("(memory.address, taken)",
                                                            "(memory.address, self.o.ready)"),
    ("FIFO", "room without end"): ("self.i.ready.eq(count != depth - 1)",
                                      "self.i.ready.eq(1)"),
    ("FIFO", "reads while it waits"): ("(count != 0) & (self.o.ready | ~self.o.valid)",
                                          "count != 0"),
    ("widener", "another order"): ("earlier.eq(wide[self._width :])",
                                  "earlier.eq(Cat(self.i.payload, earlier))"),
    ("widener", "takes what cannot go on"): ("self.o.ready | ~beat.last", "1"),
    ("registered widener", "takes what cannot go on"): ("free.eq(self.o.ready | ~offered)",
                                                       "free.eq(1)"),
    ("registered widener", "moves a last beat"): ("moves.eq(taken & ~ends)", "moves.eq(taken)"),
    ("registered widener", "offers too early"): ("offered.eq(taken & ends)", "offered.eq(taken)"),
    ("narrower", "takes too early"): ("self.o.ready & beat.last", "self.o.ready"),
    ("narrower", "goes on unasked"): ("self.o.valid & self.o.ready, self._beats",
                                     "self.o.valid, self._beats"),
    ("converter", "takes what cannot go on"): ("self.o.ready | ~beat.last", "1"),
    ("serialiser", "takes too early"): ("on & ~several", "~several"),
    ("serialiser", "stops"): ("on.eq(self.o.ready | ~waiting[0])", "on.eq(~waiting[0])"),
    ("serialiser", "goes on with what nobody offers"): ("waiting >> 1, offered",
                                                        "waiting >> 1, -1"),
}  # fmt: skip


def changed(module: ModuleType, old: str, new: str) -> ModuleType:
    """A module of this program with a text replaced in its source."""
    text = inspect.getsource(module)
    assert text.count(old) == 1, f"{module.__name__} has {old!r} {text.count(old)} times"
    made = ModuleType(f"{module.__name__}_changed")
    sys.modules[made.__name__] = made
    exec(compile(text.replace(old, new), made.__name__, "exec"), made.__dict__)
    return made


@pytest.mark.parametrize("name", EVER)
def test_nothing_is_ever_lost_doubled_or_out_of_turn(name: str) -> None:
    module, make, inside = EVER[name]
    assert proved(make(module), unit=1, cycles=3, inside=inside)


@pytest.mark.parametrize("name", BOUNDED)
def test_nothing_is_lost_doubled_or_out_of_turn_in_so_many_cycles(name: str) -> None:
    module, make, cycles, least = BOUNDED[name]
    assert proved(make(module), unit=1, cycles=cycles, least=least)


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_fault_in_a_stream_is_seen(name: str, fault: str) -> None:
    module, make, more = (*EVER[name][:2], {"cycles": 3, "inside": EVER[name][2]}) \
        if name in EVER else (*BOUNDED[name][:2], {"cycles": BOUNDED[name][2]})
    wrong = make(changed(module, *FAULTS[name, fault]))
    given: dict[str, Any] = {**more, "least": BOUNDED[name][3] if name in BOUNDED else 0}
    assert not proved(wrong, unit=1, **given)


HEIGHT, WIDTH, KERNEL = 2, 3, 2


def small_window(padding: int, cores: ModuleType = window) -> WindowWatch:
    """A watch of a window of two by two over two by three pixels of a bit, all taps in a beat."""
    slides = geometry.WindowGeometry.of(
        height=HEIGHT, width=WIDTH, kernel=(KERNEL, KERNEL), padding=(padding, padding)
    )
    sizes = WindowSizes(geometry=slides, channels=1, simd=KERNEL * KERNEL)
    unit = cores.Window(sizes, pad_value=1)
    rows = range(-padding, HEIGHT + padding - KERNEL + 1)
    columns = range(-padding, WIDTH + padding - KERNEL + 1)
    reads = [
        [WIDTH * (y + ky) + x + kx if 0 <= y + ky < HEIGHT and 0 <= x + kx < WIDTH else None
         for ky in range(KERNEL) for kx in range(KERNEL)]
        for y in rows for x in columns
    ]  # fmt: skip
    return WindowWatch(unit, reads, HEIGHT * WIDTH, 1)


@pytest.mark.parametrize(("padding", "cycles"), [(0, 15), (1, 12)])
def test_a_window_reads_every_pixel_where_it_belongs(padding: int, cycles: int) -> None:
    assert never_wrong(small_window(padding), cycles=cycles)


WINDOW_FAULTS = {
    "reads too early": (positions, "init=-geometry.needs(0, 0)", "init=1-geometry.needs(0, 0)"),
    "another column": (positions, "Mux(last, down, geometry.advance)", "Mux(last, down, 2)"),
    "no padding on one side": (sliding, "not 0 <= first + tap", "not -1 <= first + tap"),
}


@pytest.mark.parametrize("fault", WINDOW_FAULTS)
def test_a_fault_in_a_window_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, old, new = WINDOW_FAULTS[fault]
    wrong = changed(module, old, new)
    if module is positions:
        monkeypatch.setattr(window, "Positions", wrong.Positions)
    else:
        monkeypatch.setattr(geometry, "Axis", wrong.Axis)
    assert not never_wrong(small_window(1), cycles=12)


def deframer(cores: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FrameWatch:
    """A watch of a deframer with two commands, whose check sum may have any value."""

    def make(verdict: Signal) -> wiring.Component:
        monkeypatch.setattr(cores, "BitwiseCrc", lambda: FreeCrc(verdict))
        found: wiring.Component = cores.Deframer(
            lengths={Kind.INFO: 0, Kind.CLASSIFY: 1}, gap=1 << 20)
        return found

    return FrameWatch(make)


FRAME_CYCLES = 20


@pytest.mark.parametrize("cycles", [17, pytest.param(FRAME_CYCLES, marks=pytest.mark.long)])
def test_frames_are_told_as_the_protocol_says(
    cycles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In 17 cycles a frame with a byte of payload is told without a pause."""
    assert never_wrong(deframer(packet, monkeypatch), cycles=cycles)


@pytest.mark.parametrize(("old", "new"), [
    ("with m.If(taken & (self.i.p == START[1]))", "with m.If(taken)"),
    ("with m.If(~crc.sound)", "with m.If(0)"),
    ("with m.Elif(~known)", "with m.Elif(0)"),
    ("with m.Elif(~fits)", "with m.Elif(0)"),
    ("wanted.eq(left != 0)", "wanted.eq(1)"),
    ("with m.If(beyond.any())", "with m.If(0)"),
    pytest.param("wanted.eq(counted != CHECK.size)", "wanted.eq(1)", marks=pytest.mark.long),
    ("header.eq(Cat(header[8:], self.i.p))", "header.eq(Cat(self.i.p, header[:-8]))"),
])
def test_a_fault_in_a_deframer_is_seen(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = changed(packet, old, new)
    assert not never_wrong(deframer(wrong, monkeypatch), cycles=FRAME_CYCLES)
