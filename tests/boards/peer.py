"""A board in Python on a pseudo-terminal, with a bad line if asked."""

import os
import pty
import threading
import tty
from collections.abc import Callable

from boards.protocol import Answer, Fault, Frame, Info, Kind, Parser

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
