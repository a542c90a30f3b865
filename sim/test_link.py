"""The link with the smallest accelerator behind it, bytes in and bytes out, under random stalls."""

import random

import numpy as np
import pytest
from amaranth import Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.protocol import OVERHEAD, START, Fault, Frame, Info, Kind, Parser
from hw.cores.link.answer import score_bytes
from hw.cores.scores import scores_layout
from hw.design.link import WAITING, Link
from hw.emit.verilog import emit
from hw.plan.plan import Slots
from sim.player import Request, play
from sim.sums import Sums, expected
from sim.verilate import BRIEF, Model, build

GAP = 200
SHAPES = {
    "grey": ((1, 4, 5), 4, Slots(count=2), 1),
    "colour": ((3, 5, 4), 10, Slots(count=2), 1),
    "one slot": ((2, 3, 3), 3, Slots(count=1), 1),
    "many slots": ((1, 2, 2), 2, Slots(count=5), 1),
    "five pixels at once": ((3, 4, 5), 6, Slots(count=2), 5),
    "an image at once": ((1, 2, 3), 2, Slots(count=3), 6),
    "exact": ((3, 5, 7), 10, Slots(count=2, exact=True), 5),
    "exact and alone": ((1, 5, 5), 4, Slots(count=1, exact=True), 1),
    "none": ((1, 5, 5), 4, Slots(count=0), 1),
    "none, three bytes a beat": ((3, 3, 7), 10, Slots(count=0), 1),
    "none, and slow": ((1, 5, 5), 4, Slots(count=0), 1),
}
"""Shape of an image, number of classes, slots, and pixels of a beat."""
RESTS = {"none, and slow": 13}
"""Cycles for which the accelerator accepts nothing after each beat, so that bytes have to wait."""

LARGE = {
    "seven blocks": ((3, 43, 51), 5, Slots(count=2, exact=True), 3),
    "more than 2^16 bytes": ((1, 257, 257), 5, Slots(count=0), 1),
}
"""The same for large images, which take long."""

STREAMS = (
    "deframer/payload", "deframer/o", "slots/o", "widener/o", "answer/o", "enframer/o",
)  # fmt: skip


class LinkedSums(wiring.Component):
    """A `Link` with `Sums` as its accelerator: the host's bytes are ``i``, the replies ``o``."""

    def __init__(
        self, shape: tuple[int, int, int], classes: int, slots: Slots, pixels: int, rest: int = 0
    ) -> None:
        self._rest = rest
        self._sums = Sums(shape, classes, pixels)
        scores = self._sums.o.p.shape()
        self.info = Info(
            slots=slots.window, shape=shape, classes=classes, score_bytes=score_bytes(scores),
            digest=bytes(range(100, 116)),
        )  # fmt: skip
        self._link = Link(info=self.info, scores=scores, gap=GAP, slots=slots, pixels=pixels)
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.link, m.submodules.sums = link, sums = self._link, self._sums
        connect(m, flipped(self.i), link.i)
        connect(m, sums.o, link.scores)
        connect(m, link.o, flipped(self.o))
        left = Signal(range(self._rest + 1))
        with m.If(left == 0):
            connect(m, link.image, sums.i)
            with m.If(link.image.valid & link.image.ready):
                m.d.sync += left.eq(self._rest)
        with m.Else():
            m.d.sync += left.eq(left - 1)
        return m


Built = tuple[Model, Info, Slots]


@pytest.fixture(scope="module", params=SHAPES)
def linked(request: pytest.FixtureRequest) -> Built:
    return built(*SHAPES[request.param], rest=RESTS.get(request.param, 0))


def built(
    shape: tuple[int, int, int], classes: int, slots: Slots, pixels: int, rest: int = 0
) -> Built:
    design = LinkedSums(shape, classes, slots, pixels, rest)
    public = [
        (f"top.link.{module}", f"{port}__{part}")
        for module, port in (each.split("/") for each in STREAMS)
        for part in ("payload", "valid", "ready")
    ]
    return build(emit(design), public=public, optimise=BRIEF), design.info, slots


def images(info: Info, count: int, seed: int) -> list[bytes]:
    numbers = random.Random(seed)
    return [numbers.randbytes(info.image_bytes) for _ in range(count)]


def ask(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    return Frame(kind=kind, sequence=sequence, payload=payload).encode()


def classified(image: bytes, sequence: int, info: Info) -> Frame:
    answer = expected(image, info.classes, info.shape[0]).encode(info.score_bytes)
    return Frame(kind=Kind.CLASSIFY_REPLY, sequence=sequence, payload=answer)


def informed(sequence: int, info: Info) -> Frame:
    return Frame(kind=Kind.INFO_REPLY, sequence=sequence, payload=info.encode())


def fault(sequence: int, fault: Fault) -> Frame:
    return Frame(kind=Kind.ERROR, sequence=sequence, payload=bytes([fault]))


def check(
    linked: Built, sent: bytes, expect: list[Frame], stalls: tuple[float, float] = (0, 0)
) -> None:
    """Send bytes, and compare the replies, with stalls at both ends."""
    wanted = b"".join(frame.encode() for frame in expect)
    request = Request(
        beats=np.frombuffer(sent, np.uint8)[:, None],
        expect=len(wanted),
        source_stall=stalls[0],
        sink_stall=stalls[1],
        seed=len(sent),
        linger=1000,
        patience=5000 + 10 * linked[1].image_bytes,
        taps=[f"top.link.{each}" for each in STREAMS],
    )
    received = play(linked[0], request).received.beats.tobytes()
    assert Parser().feed(received) == expect
    assert received == wanted


def pause(info: Info) -> bytes:
    """Bytes outside a frame, which are ignored, but take the time in which a slot becomes free."""
    return bytes(10 * (info.image_bytes + info.answer_bytes + OVERHEAD))


def rest(linked: Built) -> bytes:
    """Bytes between a broken image and the next: none, unless the broken one enters as well."""
    return pause(linked[1]) if linked[2].count == 0 else b""


SLOW = (0, 0.992)
"""The host takes a byte every 128 cycles, the board one every 8."""
STALLS = [(0, 0), (0.5, 0), (0, 0.5), (0.7, 0.7)]


@pytest.mark.parametrize("stalls", STALLS)
def test_every_image_gets_its_own_answer_in_order(
    linked: Built, stalls: tuple[float, float]
) -> None:
    info = linked[1]
    several = images(info, 12, seed=1)
    sent = b"".join(ask(Kind.CLASSIFY, k, each) + pause(info) for k, each in enumerate(several))
    check(linked, sent, [classified(each, k, info) for k, each in enumerate(several)], stalls)


@pytest.mark.parametrize("stalls", STALLS)
def test_a_full_window_needs_no_pause(linked: Built, stalls: tuple[float, float]) -> None:
    info = linked[1]
    several = images(info, info.slots, seed=2)
    sent = b"".join(ask(Kind.CLASSIFY, k, each) for k, each in enumerate(several))
    sent += ask(Kind.INFO, 200)
    answers = [classified(each, k, info) for k, each in enumerate(several)]
    check(linked, sent, [*answers, informed(200, info)], stalls)


def test_an_image_beyond_the_slots_is_told_busy(linked: Built) -> None:
    info = linked[1]
    several = images(info, info.slots + 2, seed=3)
    sent = b"".join(ask(Kind.CLASSIFY, k, each) for k, each in enumerate(several))
    taken = [classified(each, k, info) for k, each in enumerate(several[: info.slots])]
    beyond = [fault(info.slots + k, Fault.BUSY) for k in range(2)]
    check(linked, sent, [*taken, *beyond], stalls=SLOW)


def test_a_broken_image_beyond_the_slots_is_told_broken(linked: Built) -> None:
    info = linked[1]
    several = images(info, info.slots + 1, seed=13)
    sent = bytearray(b"".join(ask(Kind.CLASSIFY, k, each) for k, each in enumerate(several)))
    sent[-1] ^= 1
    taken = [classified(each, k, info) for k, each in enumerate(several[: info.slots])]
    check(linked, bytes(sent), [*taken, fault(info.slots, Fault.BAD_CRC)], stalls=SLOW)


def test_requests_beyond_the_queue_are_dropped_and_never_mixed_up(linked: Built) -> None:
    info = linked[1]
    first, late, last = images(info, 3, seed=4)
    sent = ask(Kind.CLASSIFY, 0, first)
    sent += b"".join(ask(Kind.INFO, k) for k in range(1, WAITING + 3))
    sent += ask(Kind.CLASSIFY, 99, late)
    # Until the slow host has taken all that waits.
    sent += bytes(200 * WAITING * 5) + ask(Kind.CLASSIFY, 100, last)
    waiting = [informed(k, info) for k in range(1, WAITING)]
    answers = [classified(first, 0, info), *waiting, classified(last, 100, info)]
    check(linked, sent, answers, stalls=SLOW)


@pytest.mark.parametrize("where", ["sequence", "payload", "first of CRC", "last of CRC"])
@pytest.mark.parametrize("bit", [0, 7])
def test_a_flipped_bit_is_answered_with_an_error(linked: Built, where: str, bit: int) -> None:
    info = linked[1]
    broken, sound = images(info, 2, seed=5)
    data = bytearray(ask(Kind.CLASSIFY, 16, broken))
    data[{"sequence": 3, "payload": 9, "first of CRC": -2, "last of CRC": -1}[where]] ^= 1 << bit
    sent = bytes(data) + rest(linked) + ask(Kind.CLASSIFY, 17, sound)
    check(linked, sent, [fault(data[3], Fault.BAD_CRC), classified(sound, 17, info)])


def test_a_broken_image_leaves_no_trace_in_the_next(linked: Built) -> None:
    info = linked[1]
    several = images(info, 9, seed=6)
    sent, expect = b"", []
    for k, each in enumerate(several):
        data = bytearray(ask(Kind.CLASSIFY, k, each))
        data[-1] ^= k % 2
        sent += bytes(data) + pause(info)
        expect.append(fault(k, Fault.BAD_CRC) if k % 2 else classified(each, k, info))
    check(linked, sent, expect)


@pytest.mark.parametrize("name", LARGE)
def test_large_images_are_no_different(name: str) -> None:
    linked = built(*LARGE[name])
    info = linked[1]
    sent, expect = b"", []
    for k, each in enumerate(images(info, 5, seed=10)):
        data = bytearray(ask(Kind.CLASSIFY, k, each))
        data[-3] ^= k == 1
        sent += bytes(data) + bytes(info.image_bytes)
        expect.append(fault(k, Fault.BAD_CRC) if k == 1 else classified(each, k, info))
    check(linked, sent, expect)


@pytest.mark.parametrize("kind", [0x00, 0x03, Kind.CLASSIFY_REPLY, Kind.ERROR])
def test_an_unknown_command_is_told_so(linked: Built, kind: int) -> None:
    info = linked[1]
    image = images(info, 1, seed=7)[0]
    sent = ask(kind, 1, image) + ask(kind, 2) + ask(Kind.INFO, 3)
    unknown = [fault(k, Fault.UNKNOWN_COMMAND) for k in (1, 2)]
    check(linked, sent, [*unknown, informed(3, info)])


@pytest.mark.parametrize("kind", [Kind.INFO, Kind.CLASSIFY])
def test_a_sound_frame_of_another_length_is_told_so(linked: Built, kind: int) -> None:
    info = linked[1]
    image = images(info, 1, seed=8)[0]
    payload = image if kind == Kind.INFO else image[:-1]
    sent = ask(kind, 1, payload) + ask(Kind.CLASSIFY, 2, image)
    check(linked, sent, [fault(1, Fault.BAD_LENGTH), classified(image, 2, info)])


@pytest.mark.parametrize(
    "garbage", [b"AT\r\n", START[:1] * 3, START[1:], bytes(range(256))[:0xA5], START[:1] + b"x"]
)
def test_frames_are_found_behind_garbage(linked: Built, garbage: bytes) -> None:
    info = linked[1]
    image = images(info, 1, seed=9)[0]
    sent = garbage + ask(Kind.INFO, 5) + garbage + ask(Kind.CLASSIFY, 6, image)
    check(linked, sent, [informed(5, info), classified(image, 6, info)])


def test_start_bytes_inside_an_image_are_just_bytes(linked: Built) -> None:
    info = linked[1]
    image = (ask(Kind.INFO, 1) * info.image_bytes)[: info.image_bytes]
    check(linked, ask(Kind.CLASSIFY, 2, image), [classified(image, 2, info)])


def test_scores_of_another_width_than_info_says_are_refused(linked: Built) -> None:
    with pytest.raises(ValueError, match=r"INFO says 2 bytes a score, but a score is signed\(17\)"):
        Link(info=linked[1], scores=scores_layout(signed(17), 4), gap=GAP)


def test_a_window_of_another_size_than_info_says_is_refused(linked: Built) -> None:
    info, kept = linked[1], Slots(count=linked[2].count + 7)
    scores = scores_layout(signed(8 * info.score_bytes), info.classes)
    with pytest.raises(ValueError, match=rf"INFO says {info.slots} images .* {kept.count} image"):
        Link(info=info, scores=scores, gap=GAP, slots=kept)


def test_beats_that_are_no_whole_image_are_refused(linked: Built) -> None:
    info = linked[1]
    scores = scores_layout(signed(8 * info.score_bytes), info.classes)
    with pytest.raises(ValueError, match=r"61 pixels a beat do not divide an image"):
        Link(info=info, scores=scores, gap=GAP, slots=linked[2], pixels=61)
