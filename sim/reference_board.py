"""The board as docs/protocol.md has it, in Python: bytes and silences in, replies out.

Written from the page and not from the gates, so that both can be compared reply by reply under
faults, and a driver be tried against it without a simulator.
"""

from collections.abc import Callable, Sequence

from boards.protocol import CHECK, HEADER, START, Answer, Fault, Frame, Info, Kind, crc32

Classify = Callable[[bytes], Answer]


class ReferenceBoard:
    """Takes bytes with the time of each; ``replies`` are its frames, ``leaves`` when each is out.

    Times are those in which a byte crosses the line.

    Parameters
    ----------
    info : what INFO answers
    classify : the answer to an image
    silence : how long no byte comes until a frame is given up
    kept : images in slots; 0: an image enters as it comes, a broken one as well
    busy : decides whether the image of the n-th request finds no place, where that is a matter of
        a few bytes
    """

    CLOSE = 6.0
    """Bytes of time within which it is left open what came first: a reply's end, or an image."""

    def __init__(
        self, info: Info, classify: Classify, *, silence: float, kept: int,
        busy: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self.info, self.classify, self.silence, self.kept = info, classify, silence, kept
        self.busy = busy
        self.replies: list[Frame] = []
        self.leaves: list[float] = []
        self.open = 0
        """How often ``busy`` decided."""
        self._lengths: dict[int, int] = {Kind.INFO: 0, Kind.CLASSIFY: info.image_bytes}
        self._longest = (1 << max(self._lengths.values()).bit_length()) - 1
        self._images: list[float] = []
        self._held = bytearray()
        self._deaf = False
        self._last = 0.0
        self._began = 0.0

    def take(self, byte: int, time: float) -> None:
        """The next byte from the host, at a time that is not before the last one's."""
        self.rest(time)
        self._last = time
        if self._deaf:
            return
        self._held.append(byte)
        if len(self._held) <= len(START):
            self._hunt()
            return
        header, body = len(START) + HEADER.size, self._held[len(START) :]
        if len(self._held) < header:
            return
        kind, sequence, length = HEADER.unpack_from(body)
        if len(self._held) == header + 1:
            self._began = time
        if length > self._longest:
            self._end(sequence, Fault.BAD_LENGTH, deaf=True)
        elif len(self._held) == header + length + CHECK.size:
            self._judge(kind, sequence, bytes(body[HEADER.size :][:length]), bytes(body))

    def rest(self, time: float) -> None:
        """The line was silent since the last byte."""
        if time - self._last < self.silence:
            return
        self._deaf = False
        if len(self._held) >= len(START) + HEADER.size:
            kind, sequence, length = HEADER.unpack_from(self._held, len(START))
            payload = len(self._held) - len(START) - HEADER.size
            self._last += self.silence
            self._end(sequence, Fault.TRUNCATED, entered=self._enters(kind, length, payload))
        self._held.clear()

    def _hunt(self) -> None:
        while self._held and not START.startswith(self._held):
            del self._held[0]

    def _judge(self, kind: int, sequence: int, payload: bytes, framed: bytes) -> None:
        fits = self._lengths.get(kind) == len(payload)
        if crc32(framed[: -CHECK.size]) != framed[-CHECK.size :]:
            entered = self._enters(kind, len(payload), len(payload))
            self._end(sequence, Fault.BAD_CRC, deaf=not fits, entered=entered)
        elif kind not in self._lengths:
            self._end(sequence, Fault.UNKNOWN_COMMAND)
        elif not fits:
            self._end(sequence, Fault.BAD_LENGTH)
        elif kind == Kind.INFO:
            self._reply(Kind.INFO_REPLY, sequence, self.info.encode())
        elif not self._place():
            self._end(sequence, Fault.BUSY)
        else:
            answer = self.classify(payload).encode(self.info.score_bytes)
            self._reply(Kind.CLASSIFY_REPLY, sequence, answer, image=True)

    def _enters(self, kind: int, length: int, came: int) -> bool:
        """Whether what may be broken is computed all the same."""
        image = kind == Kind.CLASSIFY and length == self.info.image_bytes and came > 0
        return self.kept == 0 and image and self._place()

    def _place(self) -> bool:
        """Whether the image that came last found one, when its first byte came."""
        window = max(1, self.kept)
        there = [leave for leave in self._images if leave > self._began - self.CLOSE]
        if len(there) < window:
            return True
        first = sorted(there)[-window]
        if first > self._began + self.CLOSE:
            return False
        self.open += 1
        return not self.busy(len(self.replies))

    def _end(
        self, sequence: int, fault: Fault, *, deaf: bool = False, entered: bool = False
    ) -> None:
        self._deaf = deaf
        self._reply(Kind.ERROR, sequence, bytes([fault]), image=entered)

    def _reply(self, kind: Kind, sequence: int, payload: bytes, *, image: bool = False) -> None:
        frame = Frame(kind=kind, sequence=sequence, payload=payload)
        begins = max(self._last, self.leaves[-1] if self.leaves else 0.0)
        self.replies.append(frame)
        self.leaves.append(begins + len(frame.encode()))
        if image:
            self._images.append(self.leaves[-1])
        self._held.clear()


def replies(
    board: ReferenceBoard, received: bytes, times: Sequence[float]
) -> list[Frame]:
    """What a board answers to bytes and then a silence."""
    for byte, time in zip(received, times, strict=True):
        board.take(byte, time)
    board.rest(float("inf"))
    return board.replies
