"""The board without PLL and pins, byte by byte over its serial line."""

import json
import random
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from boards.protocol import OVERHEAD, Answer, Fault, Frame, Info, Kind, Parser
from hw.design.top import BoardLogic
from hw.emit.verilog import emit
from hw.plan.plan import Slots
from sim.line_faults import garbage, garbage_of_frames
from sim.player import run_bench
from sim.reference_board import ReferenceBoard
from sim.sums import Sums, expected
from sim.verilate import BRIEF, Model, build

SHAPE, CLASSES = (3, 4, 3), 5
INFO = Info(
    slots=2, shape=SHAPE, classes=CLASSES, score_bytes=2, digest=bytes(range(50, 66))
)  # fmt: skip
GAP = 3000
"""Cycles of a silence; at 16 a bit, the time of 19 bytes."""
SILENCE = ["level", 1, GAP + 10]
KEPT = {"two": Slots(count=2), "one": Slots(count=1, exact=True), "none": Slots(count=0)}
"""Image slots of the boards, by name."""

Step = list[Any]


@cache
def board(divisor: int, kept: str) -> Model:
    slots = KEPT[kept]
    info = replace(INFO, slots=slots.window)
    logic = BoardLogic(Sums(SHAPE, CLASSES), info=info, divisor=divisor, gap=GAP, slots=slots)
    return build(emit(logic), optimise=BRIEF)


def talk(
    steps: list[Step],
    expect: list[Frame],
    *,
    divisor: int = 16,
    pace: float = 1.0,
    kept: str = "two",
) -> list[int]:
    """Play steps, and compare the replies; returns the LEDs at each step that asks, and at the end.
    """
    wanted = b"".join(frame.encode() for frame in expect)
    request = {
        "divisor": divisor, "pace": pace, "steps": steps, "expect": len(wanted), "patience": 4000,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="board") as name:
        folder = Path(name)
        run_bench(board(divisor, kept), "sim.benches.board", folder, request)
        received = (folder / "received.bin").read_bytes()
        leds: list[int] = json.loads((folder / "leds.json").read_text())
    assert Parser().feed(received) == expect
    assert received == wanted
    return leds


def send(data: bytes) -> Step:
    return ["send", data.hex()]


def ask(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    return Frame(kind=kind, sequence=sequence, payload=payload).encode()


def images(count: int, seed: int) -> list[bytes]:
    numbers = random.Random(seed)
    return [numbers.randbytes(INFO.image_bytes) for _ in range(count)]


def sums(image: bytes) -> Answer:
    return expected(image, CLASSES, SHAPE[0])


def classified(image: bytes, sequence: int) -> Frame:
    answer = sums(image).encode(INFO.score_bytes)
    return Frame(kind=Kind.CLASSIFY_REPLY, sequence=sequence, payload=answer)


def informed(sequence: int, kept: str = "two") -> Frame:
    info = replace(INFO, slots=KEPT[kept].window)
    return Frame(kind=Kind.INFO_REPLY, sequence=sequence, payload=info.encode())


def fault(sequence: int, fault: Fault) -> Frame:
    return Frame(kind=Kind.ERROR, sequence=sequence, payload=bytes([fault]))


LONG = pytest.mark.long
RATES = [
    pytest.param(16, 1.0, marks=LONG), (16, 0.965), (16, 1.035), (4, 1.0),
    pytest.param(27, 1.02, marks=LONG), (5, 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("divisor", "pace"), RATES)
def test_every_image_gets_its_own_answer_at_every_rate(divisor: int, pace: float) -> None:
    several = images(6, seed=divisor)
    answers = [classified(each, k) for k, each in enumerate(several)]
    step = INFO.answer_bytes + OVERHEAD
    steps: list[Step] = [send(ask(Kind.INFO, 200))]
    start = len(informed(200).encode())
    for k, each in enumerate(several):
        # As many under way as there are slots.
        steps += [["await", start + step * max(0, k + 1 - INFO.slots)]]
        steps += [send(ask(Kind.CLASSIFY, k, each))]
    talk(steps, [informed(200), *answers], divisor=divisor, pace=pace)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :]


def told(sent: bytes, at: int) -> list[Frame]:
    """The replies of a board to a frame whose byte ``at`` is wrong."""
    if at < 2:
        return []
    kind = Fault.BAD_LENGTH if at in (5, 6, 7) else Fault.BAD_CRC
    return [fault(sent[3], kind)]


@pytest.mark.parametrize("kept", ["two", "none"])
@pytest.mark.parametrize("part", ["frame", "payload"])
def test_a_wrong_byte_anywhere_is_answered_with_an_error(part: str, kept: str) -> None:
    steps, expect = [], []
    size = INFO.image_bytes + OVERHEAD
    positions = range(8, size - 4, 7) if part == "payload" else [*range(8), *range(size - 4, size)]
    for at in positions:
        broken, sound = images(2, seed=at)
        sent = flipped(ask(Kind.CLASSIFY, 64, broken), at)
        steps += [send(sent), SILENCE, send(ask(Kind.CLASSIFY, at, sound)), SILENCE]
        expect += [*told(sent, at), classified(sound, at)]
    talk(steps, expect, kept=kept)


@pytest.mark.parametrize("kept", ["two", pytest.param("one", marks=LONG), "none"])
def test_a_frame_that_breaks_off_anywhere_is_given_up(kept: str) -> None:
    steps, expect = [], []
    for length in range(1, INFO.image_bytes + OVERHEAD):
        broken, sound = images(2, seed=length)
        steps += [send(ask(Kind.CLASSIFY, 64, broken)[:length]), SILENCE]
        if length >= 8:
            expect += [fault(64, Fault.TRUNCATED)]
        steps += [send(ask(Kind.INFO, length))]
        expect += [informed(length, kept)]
        if kept != "two":
            steps += [send(ask(Kind.CLASSIFY, length, sound)), SILENCE]
            expect += [classified(sound, length)]
    talk(steps, expect, kept=kept)


@pytest.mark.parametrize("kept", ["one", "none"])
def test_what_may_not_enter_leaves_no_trace(kept: str) -> None:
    """Frames of false lengths, a false command with an image, and a start inside an image."""
    first, second, third = images(3, seed=12)
    inner = second[:7] + ask(Kind.CLASSIFY, 6, third)[: len(second) - 7]
    steps = [
        send(ask(Kind.CLASSIFY, 1, first[:-1])),
        send(ask(Kind.CLASSIFY, 2, first + bytes(4))),
        send(ask(Kind.INFO, 3, second)),
        send(ask(0x82, 4, second)),
        send(ask(Kind.CLASSIFY, 5, inner)),
        SILENCE,
        send(ask(Kind.CLASSIFY, 7, third) + ask(Kind.CLASSIFY, 8, first[:9])),
        SILENCE,
        send(ask(Kind.CLASSIFY, 9, first)),
    ]
    faults = [fault(k, Fault.BAD_LENGTH) for k in (1, 2, 3)]
    expect = [*faults, fault(4, Fault.UNKNOWN_COMMAND), classified(inner, 5), classified(third, 7),
              fault(8, Fault.BAD_LENGTH), classified(first, 9)]
    talk(steps, expect, kept=kept)


def test_a_length_beyond_every_command_is_not_waited_for() -> None:
    sound = images(1, seed=3)[0]
    endless = bytes.fromhex("a55a024000ffffff") + bytes(500)
    steps = [send(endless), SILENCE, send(ask(Kind.CLASSIFY, 1, sound))]
    talk(steps, [fault(64, Fault.BAD_LENGTH), classified(sound, 1)])


@pytest.mark.parametrize("length", [20, INFO.image_bytes + OVERHEAD - 2])
def test_a_frame_that_breaks_off_behind_an_endless_one_needs_one_silence(length: int) -> None:
    """In its payload, and in its CRC."""
    image, sound = images(2, seed=13)
    endless = bytes.fromhex("a55a024000ffffff")
    steps = [send(endless), SILENCE, send(ask(Kind.CLASSIFY, 1, image)[:length]), SILENCE]
    steps += [send(ask(Kind.CLASSIFY, 2, sound))]
    faults = [fault(64, Fault.BAD_LENGTH), fault(1, Fault.TRUNCATED)]
    talk(steps, [*faults, classified(sound, 2)])


def test_what_follows_an_endless_frame_without_silence_is_ignored() -> None:
    hidden, sound = images(2, seed=4)
    endless = bytes.fromhex("a55a024000ffffff") + ask(Kind.CLASSIFY, 1, hidden)
    steps = [send(endless), SILENCE, send(ask(Kind.CLASSIFY, 2, sound))]
    talk(steps, [fault(64, Fault.BAD_LENGTH), classified(sound, 2)])


def test_what_follows_a_frame_of_doubtful_length_is_ignored_until_silence() -> None:
    image, sound = images(2, seed=11)
    # With a length of 20 the frame seems to end inside its image, of which the rest is a request.
    data = bytearray(ask(Kind.CLASSIFY, 64, image[:24] + ask(Kind.INFO, 1)))
    assert (data[4], len(data)) == (INFO.image_bytes, INFO.image_bytes + OVERHEAD)
    data[4] = 20
    steps = [send(bytes(data)), SILENCE, send(ask(Kind.CLASSIFY, 2, sound))]
    talk(steps, [fault(64, Fault.BAD_CRC), classified(sound, 2)])


def test_an_unknown_command_and_a_wrong_length_are_told() -> None:
    sound = images(1, seed=5)[0]
    steps = [
        send(ask(0x77, 1)),
        send(ask(Kind.CLASSIFY, 2, sound[1:])),
        send(ask(Kind.INFO, 3, b"?")),
        send(ask(Kind.CLASSIFY, 4, sound)),
    ]
    faults = [fault(1, Fault.UNKNOWN_COMMAND), fault(2, Fault.BAD_LENGTH)]
    talk(steps, [*faults, fault(3, Fault.BAD_LENGTH), classified(sound, 4)])


def test_noise_on_the_line_is_no_byte() -> None:
    sound = images(1, seed=6)[0]
    noise: list[Step] = []
    for cycles in (1, 3, 5, 7):
        noise += [["level", 0, cycles], ["level", 1, 40]]
    break_ = [["level", 0, 16 * 25], ["level", 1, 40]]
    half = ask(Kind.CLASSIFY, 1, sound)
    steps = [*noise, send(half[:20]), *noise, send(half[20:]), *break_, send(ask(Kind.INFO, 2))]
    talk(steps, [classified(sound, 1), informed(2)])


def test_a_break_inside_a_frame_ends_it_without_a_class() -> None:
    sound = images(1, seed=7)[0]
    data = ask(Kind.CLASSIFY, 1, sound)
    cut: list[Step] = [send(data[:20]), ["level", 0, 16 * 10], ["level", 1, 16], send(data[21:])]
    steps = [*cut, SILENCE, send(ask(Kind.CLASSIFY, 2, sound))]
    talk(steps, [fault(1, Fault.TRUNCATED), classified(sound, 2)])


@pytest.mark.parametrize(("seed", "kept"), [(0, "two"), (1, "two"), (2, "none")])
def test_random_garbage_never_yields_a_class(seed: int, kept: str) -> None:
    """With start bytes, commands and pieces of frames, which may be told as faults."""
    numbers = random.Random(f"garbage {seed}")
    image = images(1, seed=seed)[0]
    board = ReferenceBoard(INFO, silence=50, kept=KEPT[kept].count, classify=sums)
    steps: list[Step] = []
    for number in range(30):
        made = (garbage, garbage_of_frames)[number % 2](numbers, ask(Kind.CLASSIFY, number, image))
        steps += [send(made), SILENCE]
        for at, byte in enumerate(made):
            board.take(byte, 1000 * number + at)
    board.rest(float("inf"))
    assert {each.kind for each in board.replies} <= {Kind.ERROR, Kind.INFO_REPLY}
    assert len(board.replies) > 10
    steps += [send(ask(Kind.INFO, 9))]
    talk(steps, [*board.replies, informed(9, kept)], kept=kept)


def test_the_leds_show_class_and_fault() -> None:
    image = images(1, seed=8)[0]
    answer = classified(image, 1)
    klass = answer.payload[-2]
    good, bad = ask(Kind.CLASSIFY, 1, image), flipped(ask(Kind.CLASSIFY, 2, image), 12)
    assert talk([send(good)], [answer])[0] & 0xFE == klass << 3
    told = fault(2, Fault.BAD_CRC)
    assert talk([send(good), send(bad)], [answer, told])[0] & 0xFE == klass << 3 | 4
    # An image is on the way until its answer is out; a sound frame ends the fault.
    look: list[Step] = [["level", 1, 200], ["leds"]]
    there = len(answer.encode())
    steps: list[Step] = [*look, send(bad), *look, send(good), *look, ["await", there + 13], *look]
    leds = talk(steps, [told, answer])
    assert [each >> 1 & 3 for each in leds] == [0, 2, 1, 0, 0]
