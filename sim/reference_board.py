"""The reference model of a board by docs/protocol.md: bytes and silences in, replies out.

It is written from the page and not from the hardware, so that both can be compared under faults,
and a driver can be tested without a simulator.
"""

from collections.abc import Callable, Sequence

from boards.protocol import CHECK, HEADER, START, Answer, Fault, Frame, Info, Kind, crc32

Classify = Callable[[bytes], Answer]


class ReferenceBoard:
    """A board; ``replies`` are its frames so far, and ``leaves`` the time when each has been sent.

    Times are in bytes on the line.

    Parameters
    ----------
    info : answer to INFO
    classify : function from an image to its answer
    silence : time without a byte after which a frame is dropped
    kept : number of image slots; with 0 an image enters as it is received, also a broken one
    busy : decides if there is no place for the image of the n-th request, where that depends on a
        few bytes of time
    """

    CLOSE = 6.0
    """Time within which the order of a reply's end and an image counts as undefined."""

    def __init__(
        self, info: Info, classify: Classify, *, silence: float, kept: int,
        busy: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self.info, self.classify, self.silence, self.kept = info, classify, silence, kept
        self.busy = busy
        self.replies: list[Frame] = []
        self.leaves: list[float] = []
        self.open = 0
        """Number of decisions by ``busy``."""
        self._lengths: dict[int, int] = {Kind.INFO: 0, Kind.CLASSIFY: info.image_bytes}
        self._longest = (1 << max(self._lengths.values()).bit_length()) - 1
        self._images: list[float] = []
        self._held = bytearray()
        self._deaf = False
        self._last = 0.0
        self._began = 0.0

    def take(self, byte: int, time: float) -> None:
        """Receive the next byte from the host, at a time not before the last one's."""
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
        """Let the line be silent from the last byte to ``time``."""
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
        """True if the image of a frame that may be broken has entered the accelerator."""
        image = kind == Kind.CLASSIFY and length == self.info.image_bytes and came > 0
        return self.kept == 0 and image and self._place()

    def _place(self) -> bool:
        """True if there was a place for the last image when its first byte was received."""
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
    """The replies of a board to bytes that are followed by a silence."""
    for byte, time in zip(received, times, strict=True):
        board.take(byte, time)
    board.rest(float("inf"))
    return board.replies
