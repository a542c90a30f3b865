"""Frames survive their encoding, and nothing else passes for one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from boards.protocol import OVERHEAD, START, Answer, Fault, Frame, Info, Kind, Parser, crc16

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


def test_kinds_and_faults_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
    kinds = re.findall(r"^\| `([0-9A-F]{2})` \| ([\w ]+) \|", page, re.MULTILINE)
    faults = re.findall(r"^\| (\d) \| (\w+ ?\w*)", page, re.MULTILINE)
    assert {int(code, 16): name for code, name in kinds} == {
        Kind.INFO: "INFO", Kind.INFO_REPLY: "reply to INFO", Kind.CLASSIFY: "CLASSIFY",
        Kind.CLASSIFY_REPLY: "reply to CLASSIFY", Kind.ERROR: "error",
    }  # fmt: skip
    told = {int(code): name for code, name in faults if int(code)}
    assert [told[each] for each in list(Fault)[1:]] == [
        "CRC wrong", "length is", "no such", "the frame", "as many",
    ]  # fmt: skip


def test_the_bytes_of_info_and_of_an_answer_are_those_of_the_page() -> None:
    told = "02 02 0300 2000 1f00 0a00 02 000102030405060708090a0b0c0d0e0f"
    assert INFO.encode() == bytes.fromhex(told)
    answer = Answer(scores=(1, -2) + (0,) * 8, klass=0)
    assert answer.encode(2) == bytes.fromhex("0100 feff" + "0000" * 8 + "0000")


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


@pytest.mark.parametrize("payload", [b"", INFO.encode()[:-1], INFO.encode() + b"?"])
def test_info_of_another_length_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=f"an INFO has 27 bytes, not {len(payload)}"):
        Info.decode(payload)


@pytest.mark.parametrize("payload", [b"\1", b"\x63" + INFO.encode()[1:]])
def test_info_of_another_version_is_refused_by_both_numbers(payload: bytes) -> None:
    told = f"the board speaks version {payload[0]} of the protocol, this driver version 2; load"
    with pytest.raises(ValueError, match=told):
        Info.decode(payload)


@pytest.mark.parametrize("field", ["slots", "classes", "score_bytes"])
def test_info_in_which_something_is_zero_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="an INFO in which something is 0"):
        Info.decode(replace(INFO, **{field: 0}).encode())


@pytest.mark.parametrize("at", range(3))
def test_info_of_an_image_without_pixels_is_refused(at: int) -> None:
    shape = tuple(size * (place != at) for place, size in enumerate(INFO.shape))
    with pytest.raises(ValueError, match="an INFO in which something is 0"):
        Info.decode(replace(INFO, shape=shape).encode())


def test_a_frame_of_version_1_is_what_it_was() -> None:
    data = bytes.fromhex("A5 5A 01 07 00 00 00 00 22 74")
    assert FRAMES[0].encode(crc16) == data
    assert Parser(check=crc16).feed(data + b"?" + data) == [FRAMES[0]] * 2
    assert Parser().feed(data + bytes(99)) == []
    assert Parser(check=crc16).feed(FRAMES[0].encode() + bytes(99)) == []


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


@pytest.mark.parametrize("length", [0, 2, 20, 21, 23, 24, 44])
def test_an_answer_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"an answer has 22 bytes, not {length}"):
        Answer.decode(bytes(length), INFO)
