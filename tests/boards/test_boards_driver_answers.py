"""No answer but that of the image, whatever comes: late, again, in another order, foreign, broken.

Against `desk.Desk`: real bytes, and a time that passes only as the driver waits.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from desk import Desk, Said, classified, informed, right
from peer import INFO, answer

import boards.driver
from boards.driver import PORTION, WINDOW, Driver, LinkError
from boards.protocol import GAP, START, Answer, Fault, Frame, Info, Kind, crc16

COUNT = 12
OTHER = bytes(range(100, 100 + INFO.image_bytes))
"""An image that nobody asked about."""

Say = Callable[[int, Frame], Said]


def images(count: int = COUNT, seed: int = 1) -> list[bytes]:
    numbers = random.Random(seed)
    return [numbers.randbytes(INFO.image_bytes) for _ in range(count)]


def answers(count: int = COUNT) -> list[Answer]:
    return [answer(image) for image in images(count)]


def good(number: int, request: Frame) -> Said:
    return [(0.001, right(request))]


def driver(say: Say, *, timeout: float = 1.0, retries: int = 3) -> tuple[Desk, Driver]:
    desk = Desk(say)
    return desk, Driver(desk, timeout=timeout, retries=retries, clock=desk)


def told(sequence: int, fault: Fault) -> bytes:
    return Frame(kind=Kind.ERROR, sequence=sequence, payload=bytes([fault])).encode()


def test_a_good_board_is_asked_once_for_every_image() -> None:
    desk, asked = driver(good)
    assert list(asked.classify(images())) == answers()
    assert [frame.kind for frame in desk.sent] == [Kind.INFO, *[Kind.CLASSIFY] * COUNT, Kind.INFO]
    assert [frame.payload for frame in desk.sent[1:-1]] == images()
    assert asked.recoveries == 0


def test_answers_to_every_other_sequence_number_are_nobody_s() -> None:
    """Before each true answer come those to 255 other numbers, of images past and to come."""

    def say(number: int, request: Frame) -> Said:
        foreign = [classified((request.sequence + k) % 256, OTHER) for k in range(2, 256)]
        return [(0.001, b"".join(foreign) + right(request))]

    assert list(driver(say)[1].classify(images(300))) == answers(300)


def test_answers_before_anything_was_asked_are_nobody_s() -> None:
    """As those to a process that was killed, and of every number."""

    def say(number: int, request: Frame) -> Said:
        old = b"".join(classified(k, OTHER) for k in range(256)) if number == 0 else b""
        return [(0.001, old + right(request))]

    assert list(driver(say)[1].classify(images())) == answers()


@pytest.mark.parametrize("kind", sorted({0x00, *Kind, 0x83} - {Kind.CLASSIFY_REPLY}))
def test_only_a_reply_to_classify_is_an_answer(kind: int) -> None:
    """Of the right number and the right form, but of another kind."""

    def say(number: int, request: Frame) -> Said:
        payload = answer(OTHER).encode(INFO.score_bytes)
        false = Frame(kind=kind, sequence=request.sequence, payload=payload).encode()
        return [(0.001, false * (number == 2) + right(request))]

    assert list(driver(say)[1].classify(images())) == answers()


def test_two_different_answers_to_one_image_are_none() -> None:
    """The second image's two come before the first one's."""

    def say(number: int, request: Frame) -> Said:
        if number == 1:
            return []
        two = classified(request.sequence, OTHER) if number == 2 else b""
        return [(0.001, two + right(request))]

    with pytest.raises(LinkError, match="two different answers to an image"):
        list(driver(say)[1].classify(images()))


@pytest.mark.parametrize("kind", [0x00, Kind.INFO, Kind.CLASSIFY, Kind.CLASSIFY_REPLY])
def test_only_a_reply_to_info_tells_the_network(kind: int) -> None:
    def say(number: int, request: Frame) -> Said:
        other = replace(INFO, slots=7).encode()
        false = Frame(kind=kind, sequence=request.sequence, payload=other).encode()
        return [(0.001, false * (number == 0) + right(request))]

    assert driver(say)[1].info() == INFO


def test_info_of_another_number_tells_nothing() -> None:
    def say(number: int, request: Frame) -> Said:
        other = replace(request, sequence=(request.sequence + 1) % 256)
        return [(0.001, informed(other, replace(INFO, digest=bytes(16))) + right(request))]

    assert driver(say)[1].info() == INFO


def test_the_same_answer_twice_is_one() -> None:
    def say(number: int, request: Frame) -> Said:
        return [(0.001, right(request) * 3)]

    assert list(driver(say)[1].classify(images(300))) == answers(300)


@pytest.mark.parametrize("slots", [2, 3, 255])
def test_answers_in_another_order_find_their_images(slots: int) -> None:
    held: list[bytes] = []
    info = replace(INFO, slots=slots)

    def say(number: int, request: Frame) -> Said:
        if request.kind == Kind.INFO:
            return [(0.001, right(request, info))]
        held.append(right(request))
        if len(held) < min(slots, WINDOW):
            return []
        now, held[:] = held[::-1], []
        return [(0.001, b"".join(now))]

    count = 2 * min(slots, WINDOW)
    assert list(driver(say)[1].classify(images(count))) == answers(count)


def test_an_answer_that_is_late_is_taken_before_info_and_never_after() -> None:
    """Each comes after the timeout: the image is not asked about again."""

    def say(number: int, request: Frame) -> Said:
        return [(2.5 if request.kind == Kind.CLASSIFY else 0.001, right(request))]

    desk, asked = driver(say)
    assert list(asked.classify(images(6))) == answers(6)
    assert sum(frame.kind == Kind.CLASSIFY for frame in desk.sent) == 6
    assert asked.recoveries > 0


@pytest.mark.parametrize("lost", [1, 2, 3, 7])
@pytest.mark.parametrize("fault", [None, *list(Fault)[1:]])
def test_what_is_unanswered_is_asked_again_and_nothing_else(
    lost: int, fault: Fault | None
) -> None:
    def say(number: int, request: Frame) -> Said:
        if number == lost:
            return [(0.001, told(request.sequence, fault))] if fault else []
        return [(0.001, right(request))]

    desk, asked = driver(say)
    assert list(asked.classify(images())) == answers()
    assert asked.recoveries == 1
    # The board gives up what it has begun, if it has, before it is asked anything else.
    barrier = next(n for n, each in enumerate(desk.sent) if n > 1 and each.kind == Kind.INFO)
    waited = desk.times[barrier] - desk.times[barrier - 1]
    # Nor is more time lost than it takes to miss an answer.
    assert 2 * GAP <= waited <= 1.0 * (fault is None) + 4 * GAP
    asked_about = [frame.payload for frame in desk.sent if frame.kind == Kind.CLASSIFY]
    again = desk.sent[lost]
    assert sorted(asked_about) == sorted([*images(), again.payload])
    assert [frame for frame in desk.sent if frame.payload == again.payload] == [again] * 2


@pytest.mark.parametrize("length", [0, 1, 8, 11, 12, 20, 100, 5000, 1 << 20])
def test_an_answer_of_another_length_is_none(length: int) -> None:
    """Another number of classes, or of bytes of a score: not what INFO says of this network."""

    def say(number: int, request: Frame) -> Said:
        false = replace(request, kind=Kind.CLASSIFY_REPLY, payload=bytes(length)).encode()
        return [(0.001, false if request.kind == Kind.CLASSIFY else right(request))]

    too_long = length > 27
    expected = "silence after 3" if too_long else f"an answer has 10 bytes, not {length}"
    with pytest.raises(LinkError, match=expected):
        list(driver(say)[1].classify(images()))


@pytest.mark.parametrize("classes", [3, 5, 10])
def test_scores_of_another_number_of_classes_are_none(classes: int) -> None:
    def say(number: int, request: Frame) -> Said:
        scores = tuple(range(classes))
        payload = Answer(scores=scores, klass=classes - 1).encode(INFO.score_bytes)
        false = replace(request, kind=Kind.CLASSIFY_REPLY, payload=payload).encode()
        return [(0.001, false if request.kind == Kind.CLASSIFY else right(request))]

    with pytest.raises(LinkError, match=f"an answer has 10 bytes, not {2 * classes + 2}"):
        list(driver(say)[1].classify(images()))


@pytest.mark.parametrize("cut", range(1, len(classified(0, OTHER))))
def test_a_truncated_answer_is_asked_for_again(cut: int) -> None:
    def say(number: int, request: Frame) -> Said:
        return [(0.001, right(request)[: cut if number == 2 else None])]

    _, asked = driver(say)
    assert list(asked.classify(images())) == answers()
    assert asked.recoveries == 1


def test_what_was_left_of_an_answer_completes_no_other() -> None:
    """The head of one comes before the timeout, its tail after it."""

    def say(number: int, request: Frame) -> Said:
        reply = right(request)
        if number == 1:
            return [(0.001, reply[:9]), (3.0, reply[9:])]
        return [(0.001, reply)]

    assert list(driver(say)[1].classify(images())) == answers()


@pytest.mark.parametrize("portion", [1, 2, 7, 64])
def test_answers_come_in_any_portions(portion: int) -> None:
    def say(number: int, request: Frame) -> Said:
        reply = START + b"\x82" + right(request)
        return [(0.01, reply[at : at + portion]) for at in range(0, len(reply), portion)]

    assert list(driver(say)[1].classify(images())) == answers()


@pytest.mark.parametrize("said", [
    pytest.param(b"?", id="a byte"),
    pytest.param(START, id="starts"),
    pytest.param(Frame(kind=0x83, sequence=0).encode(), id="unknown replies"),
    pytest.param(classified(0, OTHER), id="foreign answers"),
    pytest.param(told(0, Fault.BUSY), id="errors"),
])  # fmt: skip
@pytest.mark.parametrize("begins", [0, 1])
def test_a_board_that_never_stops_talking_is_no_hang(said: bytes, begins: int) -> None:
    class Babbling(Desk):
        def read(self, size: int = 1, /) -> bytes:
            if len(self.sent) <= begins:
                return super().read(size)
            assert self.now < self.most, "the driver waits and waits"
            self.now += 0.001
            return said * 3

    desk = Babbling(good)
    asked = Driver(desk, timeout=1.0, retries=2, clock=desk)
    # No image has the number 0 of what is said.
    asked._sequence = iter(range(1, 255))
    with pytest.raises(LinkError, match=r"(does not answer INFO|no answer to an image): (si|fa)"):
        list(asked.classify(images()))


@pytest.mark.parametrize("kind", [Kind.INFO, Kind.CLASSIFY])
@pytest.mark.parametrize("lost", [3, 4])
def test_a_request_is_sent_once_and_as_often_again_as_was_said(kind: Kind, lost: int) -> None:
    left = lost

    def say(number: int, request: Frame) -> Said:
        nonlocal left
        if request.kind != kind or not left:
            return [(0.001, right(request))]
        left -= 1
        return []

    asked = driver(say)[1].classify(images(1))
    if lost == 3:
        assert list(asked) == answers(1)
    else:
        with pytest.raises(LinkError, match="silence after 3 retries"):
            list(asked)


def test_info_is_asked_again_behind_a_silence() -> None:
    def say(number: int, request: Frame) -> Said:
        return [(0.001, right(request))] if number == 2 else [(0.001, told(0, Fault.BAD_CRC))]

    desk, asked = driver(say)
    assert asked.info() == INFO
    assert [request.kind for request in desk.sent] == [Kind.INFO] * 3
    assert len({request.sequence for request in desk.sent}) == 3
    assert desk.times[1] - desk.times[0] >= 1.0 + 2 * GAP


def test_a_false_start_is_forgotten_at_the_timeout() -> None:
    """It says that more bytes come than all the retries bring."""

    def say(number: int, request: Frame) -> Said:
        false = START + b"\x82\x00" + (3000).to_bytes(4, "little")
        return [(0.001, right(request) if number else false)]

    desk, asked = driver(say)
    assert asked.info() == INFO
    assert len(desk.sent) == 2


def test_the_last_fault_that_was_told_is_named() -> None:
    def say(number: int, request: Frame) -> Said:
        other = Frame(kind=0x83, sequence=0).encode()
        return [(0.001, told(0, Fault.BUSY) + other)] if number == 0 else [(0.001, other)]

    with pytest.raises(LinkError, match="does not answer INFO: fault 05 after 3 retries"):
        driver(say)[1].info()


@pytest.mark.parametrize("field", ["slots", "shape", "classes", "score_bytes", "digest"])
@pytest.mark.parametrize("when", [3, COUNT + 3])
def test_a_board_that_became_another_ends_it(field: str, when: int) -> None:
    """Found out at a recovery, and behind the last answer."""
    other: dict[str, object] = {
        "slots": 1, "shape": (1, 5, 4), "classes": 5, "score_bytes": 3, "digest": bytes(16),
    }  # fmt: skip

    def say(number: int, request: Frame) -> Said:
        if number == 3 and when == 3:
            return []
        info = replace(INFO, **{field: other[field]}) if number > 1 else INFO  # type: ignore[arg-type]
        return [(0.001, right(request, info))]

    found = []
    with pytest.raises(LinkError, match="given another network in between"):
        for each in driver(say)[1].classify(images()):
            found.append(each)
    assert found == answers()[: len(found)]


def test_images_given_in_between_end_those_before() -> None:
    _, asked = driver(good)
    first, second = asked.classify(images()), asked.classify(images(seed=2))
    assert next(first) == answers()[0]
    assert next(second) == answer(images(seed=2)[0])
    with pytest.raises(RuntimeError, match="given other images before these were through"):
        next(first)
    assert list(second) == [answer(image) for image in images(seed=2)[1:]]


def test_what_a_caller_gave_up_is_forgotten_when_its_answers_are_there() -> None:
    """Its images were never answered; then those that follow have the same numbers."""
    asking: list[bytes] = []

    def say(number: int, request: Frame) -> Said:
        if request.kind == Kind.CLASSIFY and request.payload in images(seed=3):
            asking.append(right(request))
            return [(0.001, right(request))] if len(asking) == 1 else []
        # The answer to what was given up comes at the last moment: before INFO's reply.
        said, asking[:] = b"".join(asking[1:]), asking[:1]
        return [(0.001, said + right(request))]

    desk, asked = driver(say)
    assert next(asked.classify(images(seed=3))) == answer(images(seed=3)[0])
    given_up = desk.sent[2].sequence
    asked._sequence = itertools.count(given_up - 1)  # the first is that of INFO
    assert list(asked.classify(images())) == answers()
    assert desk.sent[4].sequence == given_up and desk.sent[4].kind == Kind.CLASSIFY


@pytest.mark.parametrize("slots", [1, 2, 5, 255])
def test_no_more_images_are_under_way_than_the_board_keeps(slots: int) -> None:
    under_way, most = set[int](), 0
    info = replace(INFO, slots=slots)

    def say(number: int, request: Frame) -> Said:
        nonlocal most
        if request.kind == Kind.INFO:
            return [(0.001, right(request, info))]
        assert request.sequence not in under_way
        under_way.add(request.sequence)
        most = max(most, len(under_way))
        return [(0.001, right(request))]

    _, asked = driver(say)
    for each, wanted in zip(asked.classify(images(600)), answers(600), strict=True):
        assert each == wanted
        under_way.clear() if len(under_way) == min(slots, WINDOW) else None
    assert most == min(slots, WINDOW)


def test_no_two_images_under_way_have_one_number() -> None:
    """The oldest waits while hundreds of INFO use up the others."""
    silent = 700

    def say(number: int, request: Frame) -> Said:
        if number == 0 or number > silent or (number % 2 and request.kind == Kind.INFO):
            return [(0.001, right(request))]
        return []

    desk = Desk(say, most=1e6)
    asked = Driver(desk, timeout=0.1, retries=2 * silent, clock=desk)
    assert list(asked.classify(images())) == answers()
    numbers = {frame.sequence for frame in desk.sent if frame.payload == images()[0]}
    assert len(numbers) == 1
    assert not numbers & {frame.sequence for frame in desk.sent if frame.kind == Kind.INFO}


@pytest.mark.parametrize("answers_old", [True, False])
def test_a_board_of_version_1_is_named(answers_old: bool) -> None:
    old = replace(INFO, version=1)

    class Old(Desk):
        def write(self, data: bytes, /) -> int:
            asked = data[2:4], data[4:]
            if data == Frame(kind=Kind.INFO, sequence=data[3]).encode(crc16) and answers_old:
                said = Frame(kind=Kind.INFO_REPLY, sequence=data[3], payload=old.encode())
                self._coming.append((self.now + 0.001, said.encode(crc16)))
            else:
                assert asked[0][0] == Kind.INFO
                said = Frame(kind=Kind.ERROR, sequence=data[3], payload=bytes([Fault.BAD_CRC]))
                self._coming.append((self.now + 0.001, said.encode(crc16)))
            return len(data)

    desk = Old(good)
    told = "speaks version 1 of the protocol, this driver version 2" if answers_old else "silence"
    with pytest.raises(LinkError, match=told):
        Driver(desk, timeout=1.0, retries=1, clock=desk).info()


def test_a_board_that_falls_silent_is_not_asked_as_version_1() -> None:
    def say(number: int, request: Frame) -> Said:
        return [(0.001, right(request))] if number < 2 else []

    desk, asked = driver(say)
    with pytest.raises(LinkError, match="does not answer INFO: silence after 3 retries"):
        list(asked.classify(images()))
    assert all(frame.encode(crc16) not in desk.written for frame in desk.sent)
    assert len(desk.written) == sum(len(frame.encode()) for frame in desk.sent)


@pytest.mark.parametrize("where", ["read", "in_waiting", "write"])
def test_a_port_that_is_gone_ends_it(where: str) -> None:
    class Gone(Desk):
        def fail(self) -> None:
            if len(self.sent) > 3:
                raise OSError(5, "Input/output error")

        def read(self, size: int = 1, /) -> bytes:
            self.fail() if where == "read" else None
            return super().read(size)

        @property
        def in_waiting(self) -> int:
            self.fail() if where == "in_waiting" else None
            return super().in_waiting

        def write(self, data: bytes, /) -> int:
            self.fail() if where == "write" else None
            return super().write(data)

    desk = Gone(good)
    with pytest.raises(LinkError, match=r"the port failed: .*error; is the board still there"):
        list(Driver(desk, clock=desk).classify(images()))


def test_a_large_image_is_written_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards.driver, "PORTION", 16)
    written: list[int] = []

    class Small(Desk):
        def write(self, data: bytes, /) -> int:
            written.append(len(data))
            return super().write(data)

    desk = Small(good)
    assert list(Driver(desk, clock=desk).classify(images(3))) == answers(3)
    assert max(written) == 16 and PORTION > 1000


def test_info_is_waited_for_as_long_as_images_are_under_way() -> None:
    """At 200 baud an image takes a second and a half, and two are under way."""

    def say(number: int, request: Frame) -> Said:
        slow = len(request.encode()) * 10 / 200
        return [(slow, right(request))]

    desk = Desk(say)
    asked = Driver(desk, timeout=0.9, baud=200, clock=desk)
    asked.info()
    assert list(asked.classify(images(5))) == answers(5)


def test_the_reply_s_limit_is_what_the_board_s_answers_need() -> None:
    """A false start inside noise holds up an answer for no longer than an answer is."""

    def say(number: int, request: Frame) -> Said:
        false = START + b"\x82\x00" + (28).to_bytes(4, "little")
        return [(0.001, false * (number > 0) + right(request))]

    _, asked = driver(say)
    assert list(asked.classify(images())) == answers()
    assert asked.recoveries == 0


def test_answers_larger_than_info_are_taken() -> None:
    info = Info(slots=1, shape=(1, 4, 5), classes=30, score_bytes=4, digest=bytes(16))
    scores = tuple(range(30))

    def say(number: int, request: Frame) -> Said:
        if request.kind == Kind.INFO:
            return [(0.001, informed(request, info))]
        payload = Answer(scores=scores, klass=29).encode(4)
        reply = Frame(kind=Kind.CLASSIFY_REPLY, sequence=request.sequence, payload=payload)
        return [(0.001, reply.encode())]

    found = list(driver(say)[1].classify(images(3)))
    assert found == [Answer(scores=scores, klass=29)] * 3
