"""Formal proofs of streams: every unit that goes in comes out once, in order and unchanged.

A watch is a circuit around a component, whose output ``wrong`` is 1 when a rule is broken. yosys
proves that no inputs set it, within a number of cycles or without a bound.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth import Cat, ClockDomain, ClockSignal, Const, Module, Mux, Signal, Value
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards.protocol import HEADER, OVERHEAD, START, Fault, Kind
from hw.cores.link.crc import BitwiseCrc
from hw.emit.tools import YOSYS, Failure, run

WRONG = "proof did fail"
PATIENCE = 8
"""Cycles after which a beat must have moved that can."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """The places where a component stores beats, for a proof without a bound.

    Parameters
    ----------
    names : widths of signals inside the component, by names such as ``first`` or
        ``register.first``.
    places : function of their values: for each place if it is full and its content, the next to
        go out first.
    sane : function of their values: a condition that holds in every reachable state.
    """

    names: Mapping[str, int]
    places: Callable[..., Sequence[tuple[Value, Value]]]
    sane: Callable[..., Value] = lambda *_: Const(1)


class Watch(wiring.Component):
    """The watch of a component with a stream ``i`` that it passes on as its stream ``o``.

    Both carry the same units of ``unit`` bits in the same order, as many as fit in a beat of each.
    Any unit may be chosen when it is first offered; once the units before it have gone out, it must
    be the next.

    Parameters
    ----------
    least : int
        Units inside with which the next beat is due; at least those of the beat.

    Members
    -------
    offer, word : In
        Valid and payload of the source, which keeps what it has offered.
    take : In(1)
        Ready of the receiver.
    choose, lane : In
        1 to choose a unit of the beat offered, and its index.
    look0, ... : In
        Signals inside the component, by `Inside`.
    wrong : Out(1)
    """

    def __init__(
        self, component: wiring.Component, unit: int, *, least: int = 0,
        inside: Inside | None = None,
    ) -> None:
        self._component, self._unit, self._inside = component, unit, inside
        self._least = least
        self._width = {name: len(Value.cast(getattr(component, name).payload)) for name in "io"}
        looks = {} if inside is None else inside.names
        super().__init__({
            "clk": In(1), "offer": In(1), "word": In(self._width["i"]), "take": In(1),
            "choose": In(1), "lane": In(max(1, (self._units("i") - 1).bit_length())),
            "wrong": Out(1), **{f"look{k}": In(bits) for k, bits in enumerate(looks.values())},
        })  # fmt: skip

    def _units(self, name: str) -> int:
        return self._width[name] // self._unit

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True, local=True)
        m.d.comb += ClockSignal().eq(self.clk)
        m.submodules.dut = dut = self._component
        i, o = dut.i, dut.o
        came, goes = self._units("i"), self._units("o")
        waiting, kept = Signal(), Signal(self._width["i"], reset_less=True)
        sent = Value.cast(i.payload)
        m.d.comb += [
            i.valid.eq(self.offer | waiting),
            sent.eq(Mux(waiting, kept, self.word)),
            o.ready.eq(self.take),
        ]
        m.d.sync += [waiting.eq(i.valid & ~i.ready), kept.eq(sent)]

        # Units that have been offered and have not gone out.
        inside, there, gone = Signal(7), Signal(8), Signal()
        new = i.valid & ~waiting
        m.d.comb += [there.eq(inside + Mux(new, came, 0)), gone.eq(o.valid & o.ready)]
        m.d.sync += inside.eq(there - Mux(gone, goes, 0))

        chosen, value, ahead = Signal(), Signal(self._unit), Signal(8)
        now, ahead_now, value_now = Signal(), Signal(8), Signal(self._unit)
        fits = Const(1) if came & (came - 1) == 0 else self.lane < came
        begins = new & self.choose & ~chosen & fits
        lane = self.lane if came > 1 else Const(0)
        m.d.comb += [
            now.eq(chosen | begins),
            ahead_now.eq(Mux(chosen, ahead, inside + lane)),
            value_now.eq(Mux(chosen, value, sent.word_select(lane, self._unit))),
        ]
        next_to_go = now & (ahead_now < goes)
        m.d.sync += [
            chosen.eq(now & ~(gone & next_to_go)),
            ahead.eq(ahead_now - Mux(gone, goes, 0)),
            value.eq(value_now),
        ]
        given = Value.cast(o.payload)
        before, stood = Signal(self._width["o"], reset_less=True), Signal()
        m.d.sync += [before.eq(given), stood.eq(o.valid & ~o.ready)]
        idle, still = Signal(range(PATIENCE + 1)), Signal()
        m.d.comb += still.eq(~o.valid & ((there >= max(goes, self._least)) | i.valid & ~i.ready))
        m.d.sync += idle.eq(Mux(still, idle + 1, 0))
        at = ahead_now[: (goes - 1).bit_length()] if goes > 1 else Const(0)
        m.d.comb += self.wrong.eq(
            (o.valid & (there < goes))  # more than there is
            | (o.valid & next_to_go & (given.word_select(at, self._unit) != value_now))
            | (stood & (~o.valid | (given != before)))
            | (idle == PATIENCE)
            | self._lost(inside, waiting, kept, chosen, ahead, value, stood, before)
        )
        return m

    def _lost(
        self, inside: Value, waiting: Value, kept: Value, chosen: Value, ahead: Value,
        value: Value, stood: Value, before: Value,
    ) -> Value:
        """1 if the units inside are not in the places where the component should have them."""
        if self._inside is None:
            return Const(0)
        looks = [getattr(self, f"look{k}") for k in range(len(self._inside.names))]
        places = self._inside.places(*looks)
        held = sum(full for full, _ in places)
        holds = [chosen & (ahead == k) & full & (content != value)
                 for k, (full, content) in enumerate(places)]
        return (
            (inside != held + waiting)
            | ~self._inside.sane(*looks)
            | Cat(holds).any()
            | (chosen & (ahead >= inside))
            | (chosen & waiting & (ahead == held) & (value != kept))
            | (stood & ~places[0][0])
            | (stood & (before != places[0][1]))
        )


class WindowWatch(wiring.Component):
    """The watch of a `hw.cores.window.window.Window` of one bit a pixel.

    Any pixel of any frame may be chosen when it is accepted; every beat that has it must have its
    value, and ``pad`` in the padding; no beat comes before its pixels, or in another order.

    Parameters
    ----------
    reads : for every beat of a frame, the pixel of each of its bits; None is padding.

    Members
    -------
    offer, word, room, choose : In(1)
    wrong : Out(1)
    """

    def __init__(
        self, window: wiring.Component, reads: Sequence[Sequence[int | None]], pixels: int,
        pad: int,
    ) -> None:  # fmt: skip
        self._window, self._reads, self._pixels, self._pad = window, reads, pixels, pad
        super().__init__({
            "clk": In(1), "offer": In(1), "word": In(1), "room": In(1), "choose": In(1),
            "wrong": Out(1),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True, local=True)
        m.d.comb += ClockSignal().eq(self.clk)
        m.submodules.dut = dut = self._window
        m.d.comb += [dut.i.valid.eq(self.offer), dut.i.p.eq(self.word), dut.o.room.eq(self.room)]
        taken, given = dut.i.valid & dut.i.ready, dut.o.valid
        # Frame and index in it, of the next pixel to come and of the next beat to go.
        came, pixel = self._place(m, "came", taken, self._pixels)
        went, beat = self._place(m, "went", given, len(self._reads))
        chosen, value = Signal(), Signal()
        frame, place = Signal.like(came), Signal.like(pixel)
        with m.If(taken & self.choose & ~chosen):
            m.d.sync += [
                chosen.eq(1), value.eq(self.word), frame.eq(came), place.eq(pixel),
            ]  # fmt: skip
        wrong = Signal()
        with m.Switch(beat):
            for number, bits in enumerate(self._reads):
                last = max(-1, *(each for each in bits if each is not None))
                with m.Case(number):
                    right = [
                        dut.o.p.data[k] == self._pad if each is None else
                        ~(chosen & (frame == went) & (place == each))
                        | (dut.o.p.data[k] == value)
                        for k, each in enumerate(bits)
                    ]
                    early = (came == went) & (pixel <= last)
                    m.d.comb += wrong.eq(given & (early | ~Cat(right).all()))
        still, idle = Signal(), Signal(range(PATIENCE + 1))
        m.d.comb += still.eq(self.offer & ~dut.i.ready & self.room & ~given)
        m.d.sync += idle.eq(Mux(still, idle + 1, 0))
        m.d.comb += self.wrong.eq(wrong | (idle == PATIENCE))
        return m

    @staticmethod
    def _place(m: Module, name: str, step: Value, length: int) -> tuple[Signal, Signal]:
        frame, place = Signal(3, name=name), Signal(range(length), name=f"{name}_place")
        with m.If(step):
            m.d.sync += place.eq(Mux(place == length - 1, 0, place + 1))
            m.d.sync += frame.eq(frame + (place == length - 1))
        return frame, place


class FreeCrc(wiring.Component):
    """A stand-in for `hw.cores.link.crc.BitwiseCrc` whose result is an input.

    It takes a byte a cycle; the check sum is right whenever ``verdict`` is 1.
    """

    def __init__(self, verdict: Value) -> None:
        self._verdict = verdict
        super().__init__(BitwiseCrc().signature)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.last.eq(1), self.sound.eq(self._verdict)]
        return m


class FrameWatch(wiring.Component):
    """The watch of a `hw.cores.link.packet.Deframer` on a line without silence.

    The deframer has the commands INFO, without payload, and CLASSIFY, with a byte of it. Whenever
    it reports a frame, the last bytes must be that frame, and the report must be that of
    docs/protocol.md; exactly the payload goes out; the first frame since reset is reported.

    Members
    -------
    offer, room, verdict : In(1)
        1 if a byte is offered, if receivers are ready, and if the check sum is right.
    byte : In(8)
    wrong : Out(1)
    """

    def __init__(self, make: Callable[[Signal], wiring.Component]) -> None:
        self._make = make
        super().__init__({
            "clk": In(1), "offer": In(1), "byte": In(8), "room": In(1), "verdict": In(1),
            "wrong": Out(1),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True, local=True)
        m.d.comb += ClockSignal().eq(self.clk)
        verdict = Signal()
        m.submodules.dut = dut = self._make(verdict)
        m.d.comb += [
            verdict.eq(self.verdict), dut.i.valid.eq(self.offer), dut.i.p.eq(self.byte),
            dut.o.ready.eq(self.room), dut.payload.ready.eq(self.room),
        ]  # fmt: skip
        taken, went = dut.i.valid & dut.i.ready, dut.payload.valid & dut.payload.ready
        longest = OVERHEAD + 1
        came, count = Signal(8 * longest), Signal(range(64))
        out, gone = Signal(8), Signal(2)
        told, first, right = Signal(), Signal(), Signal()
        m.d.sync += [told.eq(dut.o.valid), right.eq(self.verdict)]
        rises = dut.o.valid & ~told
        with m.If(taken):
            m.d.sync += [came.eq(Cat(came[8:], self.byte)), count.eq(count + 1)]
        with m.If(went):
            m.d.sync += [out.eq(dut.payload.p), gone.eq(gone + (gone != 3))]
        with m.If(rises):
            m.d.sync += [first.eq(1), gone.eq(0)]

        answers = [self._answered(dut, came, length, right, gone, out) for length in (0, 1)]
        said = dut.o.p
        header = came[-8 * (len(START) + HEADER.size):]
        endless = (
            (Cat(header[:16], header[16:24], header[24:32])
             == Cat(Const(int.from_bytes(START, "little"), 16), said.kind, said.sequence))
            & (header[32:] > 1) & (said.fault == Fault.BAD_LENGTH) & (gone == 0)
        )
        late = Signal(range(PATIENCE))
        due = [(count == OVERHEAD + length) & self._frame(came, length) for length in (0, 1)]
        owed = Signal()
        m.d.sync += [
            owed.eq((owed | Cat(due).any()) & ~rises),
            late.eq(Mux(owed & ~dut.o.valid & ~first, late + 1, 0)),
        ]
        m.d.comb += self.wrong.eq(
            rises & ~Cat(*answers, endless).any() | (late == 4)
        )
        return m

    @staticmethod
    def _frame(came: Value, length: int) -> Value:
        """1 if the last bytes are the header of a frame with ``length`` bytes of payload."""
        frame = came[-8 * (OVERHEAD + length):]
        return (frame[:16] == int.from_bytes(START, "little")) & (frame[32:64] == length)

    def _answered(
        self, dut: wiring.Component, came: Value, length: int, right: Value, gone: Value,
        out: Value,
    ) -> Value:
        """1 if the last bytes are such a frame, and the deframer's report of it is right."""
        frame, said = came[-8 * (OVERHEAD + length):], dut.o.p
        kind = frame[16:24]
        known = (kind == Kind.INFO) | (kind == Kind.CLASSIFY)
        fits = kind == (Kind.CLASSIFY if length else Kind.INFO)
        fault = Mux(~right, Fault.BAD_CRC, Mux(
            ~known, Fault.UNKNOWN_COMMAND, Mux(fits, Fault.NONE, Fault.BAD_LENGTH)))
        payload = (out == frame[64:72]) if length else Const(1)
        return (self._frame(came, length) & (said.kind == kind) & (said.sequence == frame[24:32])
                & (said.fault == fault) & (gone == length) & payload)


def never_wrong(watch: WindowWatch | FrameWatch, *, cycles: int) -> bool:
    """Prove that no inputs set a watch's ``wrong`` within ``cycles`` of a reset."""
    text = rtlil.convert(watch, name="watch", emit_src=False)
    return holds(text, [*_READ, *_PLAIN, f"sat -verify -seq {cycles} -prove wrong 0 watch"])


_READ = ("read_rtlil watch.il", "hierarchy -check -top watch", "proc", "flatten")
_PLAIN = ("memory_map", "opt -nodffe -nosdff", "opt_clean -purge")


def proved(
    component: wiring.Component,
    *,
    unit: int,
    cycles: int,
    least: int = 0,
    inside: Inside | None = None,
) -> bool:
    """Prove that a component passes a stream on, for all inputs; False if it does not.

    The proof is for ``cycles`` cycles from a reset. With ``inside`` it is without a bound, by
    induction: what holds for ``cycles`` cycles from any state holds in the next.

    Raises
    ------
    hw.emit.tools.Failure
        yosys came to no result.
    """
    watch = Watch(component, unit, least=least, inside=inside)
    text = rtlil.convert(watch, name="watch", emit_src=False)
    lines = [*_READ]
    for k, name in enumerate(inside.names if inside else ()):
        lines += [f"delete -port watch/w:look{k}", f"connect -set look{k} \\dut.{name}"]
    how = f"-tempinduct -maxsteps {cycles}" if inside else f"-seq {cycles}"
    return holds(text, [*lines, *_PLAIN, f"sat -verify {how} -prove wrong 0 watch"])


def holds(text: str, lines: Sequence[str]) -> bool:
    """Run a yosys script on ``watch.il``, the RTLIL ``text``; True if its proof succeeds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "watch.il").write_text(text)
        (folder / "watch.ys").write_text("\n".join(lines) + "\n")
        try:
            run(YOSYS, "-q", "watch.ys", folder=folder, log="yosys.log")
        except Failure:
            if WRONG in (folder / "yosys.log").read_text(errors="replace"):
                return False
            raise
    return True
