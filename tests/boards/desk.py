"""A port and a clock in one: a function says what comes back, byte by byte, and when."""

from collections import deque
from collections.abc import Callable, Iterable

from peer import INFO, answer

from boards.protocol import Frame, Info, Kind, Parser

Said = Iterable[tuple[float, bytes]]
"""Bytes, and so many seconds after those before them."""

READ = 0.1


class Desk:
    """Time passes only as the driver waits; ``say(n, request)`` answers its n-th request.

    Attributes
    ----------
    sent : every request, whole
    written : all bytes
    times : when each request was
    most : a driver that waits for longer than these seconds in all hangs
    """

    def __init__(self, say: Callable[[int, Frame], Said], most: float = 1000.0) -> None:
        self.say, self.most = say, most
        self.sent: list[Frame] = []
        self.written = b""
        self.times: list[float] = []
        self.now = 0.0
        self._parser = Parser()
        self._coming: deque[tuple[float, bytes]] = deque()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds

    @property
    def in_waiting(self) -> int:
        return sum(len(data) for time, data in self._coming if time <= self.now)

    def read(self, size: int = 1, /) -> bytes:
        assert self.now < self.most, "the driver waits and waits"
        if not self.in_waiting:
            first = self._coming[0][0] if self._coming else self.now + READ
            self.now = min(first, self.now + READ)
        if not self.in_waiting:
            return b""
        self.now += 1e-5
        time, data = self._coming.popleft()
        if data[size:]:
            self._coming.appendleft((time, data[size:]))
        return data[:size]

    def write(self, data: bytes, /) -> int:
        self.written += data
        for frame in self._parser.feed(data):
            self.sent.append(frame)
            self.times.append(self.now)
            for delay, said in self.say(len(self.sent) - 1, frame):
                before = self._coming[-1][0] if self._coming else self.now
                if said:
                    self._coming.append((max(before, self.now) + delay, said))
        return len(data)


def informed(request: Frame, info: Info = INFO) -> bytes:
    return Frame(
        kind=Kind.INFO_REPLY, sequence=request.sequence, payload=info.encode()
    ).encode()


def classified(sequence: int, image: bytes) -> bytes:
    payload = answer(image).encode(INFO.score_bytes)
    return Frame(kind=Kind.CLASSIFY_REPLY, sequence=sequence, payload=payload).encode()


def right(request: Frame, info: Info = INFO) -> bytes:
    """What a good board says."""
    if request.kind == Kind.INFO:
        return informed(request, info)
    return classified(request.sequence, request.payload)
