"""Fuzzing targets of the link: the parser of frames, and the host's driver of a board."""

import random
from pathlib import Path
from unittest import mock

from benchmarks.fuzz.target import Files, Other, Target
from boards.driver import Driver, LinkError
from boards.protocol import START, Answer, Frame, Info, Kind, Parser

INFO = Info(slots=2, shape=(1, 2, 2), classes=3, score_bytes=2, digest=bytes(range(16)))
ANSWERS = (Answer(scores=(1, 5, -3), klass=1), Answer(scores=(0, 0, -9), klass=0))


def _stream() -> bytes:
    frames = [
        Frame(kind=Kind.INFO_REPLY, sequence=7, payload=INFO.encode()),
        *(Frame(kind=Kind.CLASSIFY_REPLY, sequence=8 + place, payload=answer.encode(2))
          for place, answer in enumerate(ANSWERS)),
        Frame(kind=Kind.ERROR, sequence=9, payload=b"\x05"),
    ]
    return b"".join(frame.encode() for frame in frames)


def _seeds() -> list[Files]:
    return [{"line": _stream()}, {"line": START + _stream()[3:] + _stream()}]


def _frames(folder: Path) -> None:
    """Check the parser: frames are in the input, in order, and the same in any portions of it."""
    given = (folder / "line").read_bytes()
    rng, parser, found, rest = random.Random(len(given)), Parser(limit=1 << 12), [], given
    while rest:
        size = rng.choice((1, 2, 7, 100))
        found += parser.feed(rest[:size])
        rest = rest[size:]
    if found != Parser(limit=1 << 12).feed(given):
        raise Other("other frames of other portions")
    at = 0
    for frame in found:
        at = given.find(frame.encode(), at)
        if at < 0:
            raise Other("a frame that did not come")
        _decoded(frame.payload)


def _decoded(payload: bytes) -> None:
    for decode, encode in (
        (Info.decode, Info.encode),
        (lambda given: Answer.decode(given, INFO), lambda made: made.encode(INFO.score_bytes)),
    ):
        try:
            made = decode(payload)
        except ValueError:
            continue
        if encode(made) != payload:
            raise Other("a payload that is written otherwise")


class _Line:
    """A port that gives some bytes, in portions, and then nothing."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    @property
    def in_waiting(self) -> int:
        return min(50, len(self._left))

    def read(self, size: int = 1, /) -> bytes:
        given, self._left = self._left[:size], self._left[size:]
        return given

    def write(self, data: bytes, /) -> int:
        return len(data)


def _driven(folder: Path) -> None:
    """Check the driver on a port with these bytes: every image has an answer, or an error."""
    line = _Line((folder / "line").read_bytes())
    with mock.patch("boards.driver.time.sleep"), mock.patch("boards.driver.secrets.randbelow",
                                                            lambda most: 7):  # fmt: skip
        driver = Driver(line, timeout=0.002, retries=1, baud=10**9)
        known = driver.info()
        if known.image_bytes > 10**6:
            return
        images = [bytes(known.image_bytes)] * 2
        # Answers must be those of the network that the board told of.
        answers = list(driver.classify(images))
        if len(answers) != len(images):
            raise Other(f"{len(answers)} answers to {len(images)} images")


def _conversation() -> list[Files]:
    first, again, last = (
        Frame(kind=Kind.INFO_REPLY, sequence=sequence, payload=INFO.encode()).encode()
        for sequence in (7, 8, 11)
    )
    answers = [Frame(kind=Kind.CLASSIFY_REPLY, sequence=9 + place, payload=answer.encode(2))
               for place, answer in enumerate(ANSWERS)]
    return [{"line": first + again + b"".join(answer.encode() for answer in answers) + last}]


def _sealed(content: bytes, change: object) -> bytes | None:
    """Mutate a frame's payload, and its check sum."""
    frames = Parser(limit=1 << 12).feed(content)
    if not frames:
        return None
    at = len(content) % len(frames)
    frame = frames[at]
    body = change(bytes([frame.kind, frame.sequence]) + frame.payload)  # type: ignore[operator]
    if len(body) < 2:
        return None
    frames[at] = Frame(kind=body[0], sequence=body[1], payload=body[2:])
    random.Random(sum(body)).shuffle(frames) if sum(body) % 5 == 0 else None
    return b"".join(each.encode() for each in frames)


FRAMES = Target(name="frames", seeds=_seeds, read=_frames, inside=_sealed)
DRIVER = Target(name="driver", seeds=_conversation, read=_driven, inside=_sealed,
                refusals=(LinkError,))
