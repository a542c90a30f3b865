"""The host's driver of a board: sends images over a serial port, and again until all are answered.
"""

import itertools
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import serial

from boards.protocol import (
    BITS_OF_A_BYTE,
    GAP,
    Answer,
    Check,
    Frame,
    Info,
    Kind,
    Parser,
    crc16,
    crc32,
)
from model.refusal import Refusal

PORTION = 1 << 12
"""Most bytes that are written at once."""
STUCK = 60.0
"""Seconds after which a port that accepts no byte fails; a simulated board is slow."""
LIMIT = 1 << 12
"""Most bytes of a reply's payload until the board has told the length of its answers."""

WINDOW = 128
"""Most images under way: a sequence number is used again only long after its answer."""


class LinkError(Exception):
    """A board that does not answer, keeps answering with faults, contradicts itself, or is gone."""


class Port(Protocol):
    """The part of ``serial.Serial`` that the driver uses; ``read`` waits a tenth of a second."""

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int = 1, /) -> bytes: ...

    def write(self, data: bytes, /) -> int | None: ...


class Clock(Protocol):
    """The part of ``time`` that the driver uses."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


def open_port(path: str, baud: int) -> serial.Serial:
    """Open a serial port or a pseudo-terminal. Raises `Refusal` if that is not possible."""
    try:
        # Opening it discards earlier input.
        return serial.Serial(path, baud, timeout=0.1, write_timeout=STUCK, exclusive=True)
    except (OSError, ValueError) as error:
        raise Refusal(f"port {path!r} cannot be opened ({error}); is the board there?") from error


class Driver:
    """The driver of a board; a broken frame in either direction costs time, never a wrong answer.

    It keeps as many images under way as the board has slots.

    Parameters
    ----------
    port : an open `serial.Serial`, or an object with the same methods.
    timeout : seconds without an answer, beyond those that the images under way need on the line,
        after which unanswered requests are sent again.
    baud : rate of the line in Hz.
    retries : most timeouts in a row, without progress, before `LinkError`.
    clock : source of time, and of waiting.

    Attributes
    ----------
    recoveries : number of times that requests had to be sent again.
    """

    def __init__(
        self, port: Port, *, timeout: float = 2.0, retries: int = 5, baud: int = 1_000_000,
        clock: Clock = time,
    ) -> None:
        self.port = port
        self.clock = clock
        self.timeout = timeout
        self.baud = baud
        self.retries = retries
        self.recoveries = 0
        self._parser = Parser(LIMIT)
        self._sequence = itertools.count(secrets.randbelow(256))
        self._frames: deque[Frame] = deque()
        self._waiting: deque[Frame] = deque()
        self._early: dict[int, Answer] = {}
        self._info: Info | None = None
        self._turn: object = None

    def info(self) -> Info:
        """Ask for the board's network. Raises `LinkError` if there is no valid answer."""
        fault = "silence"
        for _ in range(self.retries + 1):
            reply, told = self._ask(crc32)
            if reply:
                return self._learn(reply)
            fault = told or fault
            self.clock.sleep(2 * GAP)
        if self._info is None:
            self._ask_older()
        raise LinkError(f"the board does not answer INFO: {fault} after {self.retries} retries")

    def _ask(self, check: Check) -> tuple[Frame | None, str]:
        """Ask INFO; the board's reply, or None, and a fault that it told meanwhile."""
        request, fault = self._request(Kind.INFO, b""), ""
        self._write(request.encode(check))
        deadline = self.clock.monotonic() + self._patience
        while reply := self._receive(deadline):
            if (reply.kind, reply.sequence) == (Kind.INFO_REPLY, request.sequence):
                return reply, fault
            fault = self._note(reply) or fault
        return None, fault

    def _ask_older(self) -> None:
        """Raise `LinkError` if the board has protocol version 1, which ignores all frames of this.
        """
        parser, self._parser = self._parser, Parser(LIMIT, crc16)
        reply, _ = self._ask(crc16)
        self._parser = parser
        if reply:
            self._learn(reply)

    def classify(self, images: Iterable[bytes]) -> Iterator[Answer]:
        """The answers to images, in the same order.

        Parameters
        ----------
        images : the bytes of each image in raster order, all channels of a pixel together.

        Raises
        ------
        ValueError
            An image has another number of bytes than the board's.
        RuntimeError
            Another call has begun to classify images with this driver in between.
        LinkError
            The board stopped answering.
        """
        turn = self._turn = object()
        info = self.info()
        # No older answer can arrive now: drop the images of a caller that has stopped half-way.
        self._waiting.clear()
        self._early.clear()
        pending = iter(images)
        while True:
            if self._turn is not turn:
                raise RuntimeError("this driver was given other images before these were through")
            for image in itertools.islice(pending, min(info.slots, WINDOW) - len(self._waiting)):
                self._send(image, info)
            if not self._waiting:
                # Make sure that the answers were those of the same network.
                self.info()
                return
            yield self._next()

    def _send(self, image: bytes, info: Info) -> None:
        if len(image) != info.image_bytes:
            raise ValueError(f"an image of {len(image)} bytes; the board's have {info.image_bytes}")
        request = self._request(Kind.CLASSIFY, image)
        self._waiting.append(request)
        self._write(request.encode())

    def _next(self) -> Answer:
        first = self._waiting[0].sequence
        fault = "silence"
        for _ in range(self.retries + 1):
            deadline = self.clock.monotonic() + self._patience
            while first not in self._early:
                reply = self._receive(deadline)
                fault = self._note(reply) if reply else "silence"
                if fault:
                    break
            if first in self._early:
                self._waiting.popleft()
                return self._early.pop(first)
            self._recover()
        raise LinkError(f"no answer to an image: {fault} after {self.retries} retries")

    @property
    def _patience(self) -> float:
        """Seconds to wait for an answer: the timeout, and the time of what is still being sent."""
        under_way = sum(len(request.payload) for request in self._waiting)
        return self.timeout + BITS_OF_A_BYTE * under_way / self.baud

    def _recover(self) -> None:
        """Ask INFO, which the board answers after all earlier frames, and send the rest again."""
        self.recoveries += 1
        self.clock.sleep(2 * GAP)
        self.info()
        for request in self._waiting:
            if request.sequence not in self._early:
                self._write(request.encode())

    def _note(self, reply: Frame) -> str:
        """Keep the answer of an image under way; returns the fault that a reply tells, if any."""
        if reply.kind == Kind.ERROR:
            return f"fault {reply.payload.hex()}"
        expected = any(request.sequence == reply.sequence for request in self._waiting)
        if reply.kind == Kind.CLASSIFY_REPLY and expected and self._info:
            try:
                answer = Answer.decode(reply.payload, self._info)
            except ValueError as error:
                raise LinkError(f"the board contradicts itself: {error}") from error
            if self._early.setdefault(reply.sequence, answer) != answer:
                raise LinkError("the board contradicts itself: two different answers to an image")
        return ""

    def _learn(self, reply: Frame) -> Info:
        try:
            info = Info.decode(reply.payload)
        except ValueError as error:
            raise LinkError(f"this driver does not speak to this board: {error}") from error
        if self._info and info != self._info:
            raise LinkError("the board was given another network in between")
        self._info = info
        self._parser.limit = max(len(reply.payload), info.answer_bytes)
        return info

    def _request(self, kind: Kind, payload: bytes) -> Frame:
        """A request with the next sequence number that no image under way has."""
        used = {request.sequence for request in self._waiting}
        sequence = next(number for each in self._sequence if (number := each % 256) not in used)
        return Frame(kind=kind, sequence=sequence, payload=payload)

    def _receive(self, deadline: float) -> Frame | None:
        """The next frame, or None if none is complete at the deadline."""
        while self.clock.monotonic() <= deadline:
            if self._frames:
                return self._frames.popleft()
            self._frames.extend(self._parser.feed(self._read()))
        self._parser.reset()
        return None

    def _read(self) -> bytes:
        try:
            return self.port.read(max(1, self.port.in_waiting))
        except OSError as error:
            raise LinkError(f"the port failed: {error}; is the board still there?") from error

    def _write(self, data: bytes) -> None:
        try:
            for at in range(0, len(data), PORTION):
                self.port.write(data[at : at + PORTION])
        except OSError as error:
            raise LinkError(f"the port failed: {error}; is the board still there?") from error
