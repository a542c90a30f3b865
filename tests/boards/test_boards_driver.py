"""The driver gets the right answers from a peer that speaks the protocol over a bad line."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from peer import INFO, Peer, Spoil, answer

import boards.driver
from boards.driver import Driver, LinkError, open_port
from boards.protocol import Answer, Fault, Frame, Info, Kind
from model.refusal import Refusal

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


def test_what_came_before_the_port_was_opened_is_not_heard(start: Start) -> None:
    peer = Peer(lambda number, reply: reply, {}, INFO)
    os.write(peer.master, b"old")
    with open_port(peer.path, 1_000_000) as port:
        os.write(peer.master, b"new")
        assert port.read(3) == b"new"


def test_a_port_that_takes_no_byte_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads at the other end: what the system holds for it is full some time."""
    monkeypatch.setattr(boards.driver, "STUCK", 0.2)
    peer = Peer(lambda number, reply: reply, {}, INFO)
    with open_port(peer.path, 1_000_000) as port:
        driver = Driver(port, timeout=0.05)
        with pytest.raises(LinkError, match=r"the port failed: Write timeout; is the board still"):
            driver._write(bytes(1 << 20))


def test_a_board_that_is_unplugged_ends_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(number: int, reply: bytes) -> bytes:
        if number == 4:
            os.close(peer.master)
        return reply

    peer, driver = start(leave)
    monkeypatch.setattr(threading, "excepthook", lambda told: None)
    with pytest.raises(LinkError, match=r"the port failed: .*; is the board still there\?"):
        list(driver.classify(images(6)))


def test_an_image_that_crosses_the_line_for_long_is_waited_for(start: Start) -> None:
    """By its rate the line takes a second for an image; the answer comes after the timeout."""

    def late(number: int, reply: bytes) -> bytes:
        time.sleep(0.6 if number == 2 else 0)
        return reply

    _, driver = start(spoil=late)
    driver.baud = 200
    assert list(driver.classify(images(1))) == [answer(image) for image in images(1)]
    assert driver.recoveries == 0


def test_a_board_that_keeps_no_image_gets_one_at_a_time(start: Start) -> None:
    _, driver = start(info=replace(INFO, slots=1))
    sent: list[int] = []

    def several() -> Iterator[bytes]:
        for image in images(5):
            sent.append(len(sent))
            yield image

    for number, found in enumerate(driver.classify(several())):
        assert found == answer(images(5)[number])
        assert len(sent) == number + 1
