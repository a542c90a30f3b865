"""The driver gets the right answers from a peer that speaks the protocol over a bad line."""

import os
import pty
import random
import threading
import tty
from collections.abc import Callable, Iterator

import pytest

from boards.driver import Driver, LinkError, open_port
from boards.protocol import Answer, Fault, Frame, Info, Kind, Parser
from model.refusal import Refusal

INFO = Info(slots=2, shape=(1, 4, 5), classes=4, score_bytes=2, digest=b"0123456789abcdef")
Spoil = Callable[[int, bytes], bytes]


def answer(image: bytes) -> Answer:
    """Four sums of the image that differ between images."""
    scores = tuple(sum(image[at::4]) - 600 for at in range(4))
    return Answer(scores=scores, klass=scores.index(max(scores)))


def fault(frame: Frame, fault: Fault) -> Frame:
    return Frame(kind=Kind.ERROR, sequence=frame.sequence, payload=bytes([fault]))


class Peer(threading.Thread):
    """A board in Python on a pseudo-terminal; ``spoil(n, bytes)`` sees its n-th reply.

    ``wrong`` maps the number of a request to the fault it gets, or None for no reply at all.
    """

    def __init__(self, spoil: Spoil, wrong: dict[int, Fault | None], info: Info) -> None:
        super().__init__(daemon=True)
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.spoil, self.wrong, self.info = spoil, wrong, info
        self.kinds: list[int] = []

    def run(self) -> None:
        parser = Parser()
        while data := os.read(self.master, 4096):
            for frame in parser.feed(data):
                reply = self.reply(frame)
                if reply:
                    os.write(self.master, self.spoil(len(self.kinds), reply.encode()))

    def reply(self, frame: Frame) -> Frame | None:
        number = len(self.kinds)
        self.kinds.append(frame.kind)
        if number in self.wrong:
            told = self.wrong[number]
            return fault(frame, told) if told else None
        if frame.kind == Kind.INFO:
            return Frame(
                kind=Kind.INFO_REPLY, sequence=frame.sequence, payload=self.info.encode()
            )
        payload = answer(frame.payload).encode(self.info.score_bytes)
        return Frame(kind=Kind.CLASSIFY_REPLY, sequence=frame.sequence, payload=payload)


Start = Callable[..., tuple[Peer, Driver]]


@pytest.fixture
def start() -> Iterator[Start]:
    ports = []

    def starting(
        spoil: Spoil = lambda number, reply: reply,
        wrong: dict[int, Fault | None] | None = None,
        info: Info = INFO,
    ) -> tuple[Peer, Driver]:
        peer = Peer(spoil, wrong or {}, info)
        peer.start()
        ports.append(open_port(peer.path, 1_000_000))
        return peer, Driver(ports[-1], timeout=0.3, retries=3)

    yield starting
    for port in ports:
        port.close()


def images(count: int, seed: int = 1) -> list[bytes]:
    numbers = random.Random(seed)
    return [numbers.randbytes(INFO.image_bytes) for _ in range(count)]


def test_info_is_what_the_board_says(start: Start) -> None:
    assert start()[1].info() == INFO


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_every_image_gets_its_own_answer(start: Start, count: int) -> None:
    peer, driver = start()
    assert list(driver.classify(images(count))) == [answer(image) for image in images(count)]
    assert peer.kinds.count(Kind.CLASSIFY) == count
    assert driver.recoveries == 0


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("told", [*Fault][1:])
def test_a_fault_is_answered_by_sending_again(start: Start, told: Fault, number: int) -> None:
    _, driver = start(wrong={number: told})
    assert list(driver.classify(images(6))) == [answer(image) for image in images(6)]
    assert driver.recoveries == 1


@pytest.mark.parametrize("number", [0, 1, 4])
def test_a_silent_board_is_asked_again(start: Start, number: int) -> None:
    _, driver = start(wrong={number: None})
    assert list(driver.classify(images(6))) == [answer(image) for image in images(6)]


@pytest.mark.parametrize("number", [1, 6])
@pytest.mark.parametrize("at", [0, 2, 3, 4, -1])
def test_a_corrupted_reply_is_asked_for_again(start: Start, number: int, at: int) -> None:
    def spoil(reply_number: int, reply: bytes) -> bytes:
        broken = bytearray(reply)
        broken[at] ^= 4
        return bytes(broken) if reply_number == number else reply

    _, driver = start(spoil)
    assert list(driver.classify(images(6))) == [answer(image) for image in images(6)]


def test_noise_between_replies_is_ignored(start: Start) -> None:
    _, driver = start(lambda number, reply: b"\xa5\x00noise\xa5" + reply)
    assert list(driver.classify(images(6))) == [answer(image) for image in images(6)]
    assert driver.recoveries == 0


def test_an_answer_to_somebody_else_is_ignored(start: Start) -> None:
    def spoil(number: int, reply: bytes) -> bytes:
        sequence = (reply[3] + 128) % 256
        payload = answer(images(1, seed=9)[0]).encode(INFO.score_bytes)
        other = Frame(kind=Kind.CLASSIFY_REPLY, sequence=sequence, payload=payload)
        return other.encode() + reply

    _, driver = start(spoil)
    assert list(driver.classify(images(6))) == [answer(image) for image in images(6)]


def test_a_driver_given_up_half_way_can_be_used_again(start: Start) -> None:
    _, driver = start()
    next(driver.classify(images(6)))
    again = images(6, seed=2)
    assert list(driver.classify(again)) == [answer(image) for image in again]


def test_a_dead_board_is_an_error(start: Start) -> None:
    _, driver = start(wrong=dict.fromkeys(range(99)))
    with pytest.raises(LinkError, match="does not answer INFO: silence after 3 retries"):
        driver.info()


def test_a_board_that_only_errs_is_an_error(start: Start) -> None:
    _, driver = start(wrong={number: Fault.BUSY for number in range(1, 99, 2)})
    with pytest.raises(LinkError, match="no answer to an image: fault 05 after 3 retries"):
        list(driver.classify(images(1)))


def test_a_class_that_contradicts_its_scores_is_an_error(start: Start) -> None:
    def spoil(number: int, reply: bytes) -> bytes:
        payload = Answer(scores=(1, 2, 3, 4), klass=0).encode(INFO.score_bytes)
        wrong = Frame(kind=Kind.CLASSIFY_REPLY, sequence=reply[3], payload=payload)
        return wrong.encode() if reply[2] == Kind.CLASSIFY_REPLY else reply

    _, driver = start(spoil)
    with pytest.raises(LinkError, match="contradicts itself: class 0 is not the best"):
        list(driver.classify(images(1)))


def test_a_board_of_another_protocol_is_an_error(start: Start) -> None:
    old = Info(slots=2, shape=(1, 4, 5), classes=4, score_bytes=2, digest=bytes(16), version=9)
    _, driver = start(info=old)
    with pytest.raises(LinkError, match="does not speak to this board"):
        driver.info()


def test_an_image_of_the_wrong_size_is_refused_before_it_is_sent(start: Start) -> None:
    peer, driver = start()
    with pytest.raises(ValueError, match="an image of 19 bytes; the board's have 20"):
        list(driver.classify([bytes(19)]))
    assert Kind.CLASSIFY not in peer.kinds


@pytest.mark.parametrize("path", ["nowhere/ttyUSB7", os.devnull])
def test_a_port_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(Refusal, match="cannot be opened"):
        open_port(path, 1_000_000)
