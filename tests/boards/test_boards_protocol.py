"""Frames survive their encoding, and nothing else passes for one."""

import re
from pathlib import Path

import pytest

from boards.protocol import OVERHEAD, START, Answer, Fault, Frame, Info, Kind, Parser

INFO = Info(slots=2, shape=(3, 32, 31), classes=10, score_bytes=2, digest=bytes(range(16)))
FRAMES = [
    Frame(kind=Kind.INFO, sequence=7),
    Frame(kind=Kind.CLASSIFY, sequence=255, payload=bytes(range(256)) * 3),
    Frame(kind=Kind.ERROR, sequence=0, payload=bytes([Fault.BAD_CRC])),
    Frame(kind=Kind.CLASSIFY, sequence=1, payload=START * 20),
]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("portion", [1, 3, 1000])
def test_a_frame_is_read_back_in_any_portions(frame: Frame, portion: int) -> None:
    data = frame.encode()
    assert len(data) == OVERHEAD + len(frame.payload)
    parser = Parser()
    found = []
    for at in range(0, len(data), portion):
        found += parser.feed(data[at : at + portion])
    assert found == [frame]
    assert parser.broken == 0


def test_the_documented_example_is_what_the_code_sends() -> None:
    page = Path(__file__).parents[2] / "docs" / "protocol.md"
    shown = re.search(r"sequence number 7: `([0-9A-F ]+)`", page.read_text())
    assert shown and bytes.fromhex(shown[1]) == FRAMES[0].encode()


@pytest.mark.parametrize(
    "garbage",
    [b"", b"AT\r\n", START[:1], START[:1] * 3, START, START + b"\x02\x05\x10", b"\0" * 99],
)
def test_frames_are_found_behind_garbage(garbage: bytes) -> None:
    frames = Parser(limit=1000).feed(garbage + b"".join(frame.encode() for frame in FRAMES * 2))
    assert frames == FRAMES * 2


@pytest.mark.parametrize("at", range(len(FRAMES[2].encode())))
def test_a_flipped_bit_anywhere_makes_no_frame(at: int) -> None:
    data = bytearray(FRAMES[2].encode())
    data[at] ^= 0x10
    assert Parser(limit=1000).feed(bytes(data)) == []


def test_a_broken_frame_is_counted_and_the_next_one_found() -> None:
    data = bytearray(FRAMES[1].encode())
    data[-1] ^= 1
    parser = Parser()
    assert parser.feed(bytes(data) + FRAMES[0].encode()) == [FRAMES[0]]
    assert parser.broken == 1


def test_a_length_beyond_the_limit_is_not_waited_for() -> None:
    parser = Parser(limit=5)
    assert parser.feed(FRAMES[1].encode()[:10] + FRAMES[0].encode()) == [FRAMES[0]]


def test_reset_forgets_a_frame_that_has_begun() -> None:
    parser = Parser()
    parser.feed(FRAMES[1].encode()[:-1])
    parser.reset()
    assert parser.feed(FRAMES[1].encode()[-1:] + FRAMES[0].encode()) == [FRAMES[0]]


def test_info_is_read_back() -> None:
    assert Info.decode(INFO.encode()) == INFO
    assert (INFO.image_bytes, INFO.answer_bytes) == (3 * 32 * 31, 22)


@pytest.mark.parametrize("payload", [b"", INFO.encode()[:-1], b"\x63" + INFO.encode()[1:]])
def test_info_of_another_version_or_length_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not an INFO of protocol version 1"):
        Info.decode(payload)


@pytest.mark.parametrize(
    ("scores", "klass"),
    [((-32768, 32767) + (0,) * 8, 1), ((5,) * 10, 0), ((-3,) * 9 + (-2,), 9)],
    ids=["extremes", "ties go to the lowest", "all negative"],
)
def test_an_answer_is_read_back(scores: tuple[int, ...], klass: int) -> None:
    answer = Answer(scores=scores, klass=klass)
    assert Answer.decode(answer.encode(2), INFO) == answer


def test_an_answer_that_contradicts_its_scores_is_refused() -> None:
    wrong = Answer(scores=(5,) * 10, klass=1)
    with pytest.raises(ValueError, match="class 1 is not the best of the scores"):
        Answer.decode(wrong.encode(2), INFO)


def test_an_answer_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="an answer has 22 bytes, not 21"):
        Answer.decode(bytes(21), INFO)


def test_kinds_and_faults_have_the_numbers_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
    kinds = {name: int(number, 16)
             for number, name in re.findall(r"^\| `(\w\w)` \| ([\w ]+) \|", page, re.MULTILINE)}
    assert kinds == {
        "INFO": Kind.INFO, "reply to INFO": Kind.INFO_REPLY, "CLASSIFY": Kind.CLASSIFY,
        "reply to CLASSIFY": Kind.CLASSIFY_REPLY, "error": Kind.ERROR,
    }
    told = re.findall(r"^\| (\d) \| ([^|]+?)[ :|]", page, re.MULTILINE)
    assert [(int(number), word) for number, word in told[-5:]] == [
        (Fault.BAD_CRC, "CRC"), (Fault.BAD_LENGTH, "length"), (Fault.UNKNOWN_COMMAND, "no"),
        (Fault.TRUNCATED, "the"), (Fault.BUSY, "as"),
    ]
