"""The frames that host and board exchange (docs/protocol.md)."""

import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

VERSION = 2
START = bytes((0xA5, 0x5A))
"""First bytes of a frame, which are not part of its CRC."""
GAP = 0.05
"""Seconds of silence inside a frame after which the board has dropped it; it may do so after half
of that."""

BITS_OF_A_BYTE = 10
"""Bits of a byte on the line, with start and stop bit."""

HEADER = struct.Struct("<BBI")
CHECK = struct.Struct("<I")
INFO = struct.Struct("<BBHHHHB16s")
LONGEST, WIDEST = 2**32 - 1, 2**16 - 1
"""Most bytes of payload that a header can tell, and the largest two-byte number in an INFO."""
OVERHEAD = len(START) + HEADER.size + CHECK.size
"""Bytes of a frame without its payload."""

Check = Callable[[bytes], bytes]
"""Function from a frame's body, kind to payload, to the check sum that follows it."""


def crc32(body: bytes) -> bytes:
    """The check sum of this protocol version: the CRC of Ethernet (IEEE 802.3) and zlib."""
    return CHECK.pack(binascii.crc32(body))


def crc16(body: bytes) -> bytes:
    """The check sum of protocol version 1, CRC-16/XMODEM, to recognise a board of that version."""
    return binascii.crc_hqx(body, 0).to_bytes(2, "big")


class Kind(IntEnum):
    """The kind of a frame. A reply has the top bit set."""

    INFO = 0x01
    CLASSIFY = 0x02
    INFO_REPLY = 0x81
    CLASSIFY_REPLY = 0x82
    ERROR = 0xFF


class Fault(IntEnum):
    """The fault that an ERROR reply tells, in its only byte of payload."""

    NONE = 0
    BAD_CRC = 1
    BAD_LENGTH = 2
    UNKNOWN_COMMAND = 3
    TRUNCATED = 4
    BUSY = 5


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame, without its check sum."""

    kind: int
    sequence: int
    payload: bytes = b""

    def encode(self, check: Check = crc32) -> bytes:
        body = HEADER.pack(self.kind, self.sequence, len(self.payload)) + self.payload
        return START + body + check(body)


@dataclass(frozen=True, kw_only=True)
class Info:
    """The answer to the INFO command.

    Parameters
    ----------
    slots : most images that a host may send without an answer. A board with no slot accepts one
        at a time.
    shape : (channels, height, width) of an image of bytes.
    classes : number of scores.
    score_bytes : bytes of one score.
    digest : the first 16 bytes of the SHA-256 of the network.
    version : version of the protocol.
    """

    slots: int
    shape: tuple[int, int, int]
    classes: int
    score_bytes: int
    digest: bytes
    version: int = VERSION

    @property
    def image_bytes(self) -> int:
        channels, height, width = self.shape
        return channels * height * width

    @property
    def answer_bytes(self) -> int:
        """Payload of a CLASSIFY reply: the scores, then the class in two bytes."""
        return self.classes * self.score_bytes + 2

    def encode(self) -> bytes:
        return INFO.pack(
            self.version, self.slots, *self.shape, self.classes, self.score_bytes, self.digest
        )

    @classmethod
    def decode(cls, payload: bytes) -> "Info":
        """Decode a payload; ValueError for another protocol version, or an impossible network."""
        if payload and payload[0] != VERSION:
            raise ValueError(
                f"the board speaks version {payload[0]} of the protocol, this driver version "
                f"{VERSION}; load the board with a bitstream that this release built"
            )
        if len(payload) != INFO.size:
            raise ValueError(f"an INFO has {INFO.size} bytes, not {len(payload)}")
        version, slots, c, h, w, classes, score_bytes, digest = INFO.unpack(payload)
        if 0 in (slots, c, h, w, classes, score_bytes):
            raise ValueError(f"an INFO in which something is 0: {payload.hex()}")
        return cls(
            version=version, slots=slots, shape=(c, h, w), classes=classes,
            score_bytes=score_bytes, digest=digest,
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to the CLASSIFY command: a score for every class, and the best one's index."""

    scores: tuple[int, ...]
    klass: int

    def encode(self, score_bytes: int) -> bytes:
        scores = (score.to_bytes(score_bytes, "little", signed=True) for score in self.scores)
        return b"".join(scores) + self.klass.to_bytes(2, "little")

    @classmethod
    def decode(cls, payload: bytes, info: Info) -> "Answer":
        """Decode a payload; ValueError for a wrong length, or a class without the best score."""
        if len(payload) != info.answer_bytes:
            raise ValueError(f"an answer has {info.answer_bytes} bytes, not {len(payload)}")
        step = info.score_bytes
        scores = tuple(
            int.from_bytes(payload[at : at + step], "little", signed=True)
            for at in range(0, len(payload) - 2, step)
        )
        klass = int.from_bytes(payload[-2:], "little")
        if klass != scores.index(max(scores)):
            raise ValueError(f"class {klass} is not the best of the scores {scores}")
        return cls(scores=scores, klass=klass)


class Parser:
    """A parser from bytes to frames; bytes between frames are skipped.

    A frame whose length exceeds ``limit`` or whose check sum is wrong counts as ``broken``, and the
    search goes on directly after its start bytes: a real frame after a false start is not lost.
    """

    def __init__(self, limit: int = 1 << 20, check: Check = crc32) -> None:
        self.limit = limit
        self.broken = 0
        self._check, self._tail = check, len(check(b""))
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Parse more bytes, in any portions; returns the frames that they complete."""
        self._held += data
        frames = []
        while self._seek():
            _, _, length = HEADER.unpack_from(self._held, len(START))
            size = len(START) + HEADER.size + length + self._tail
            if length <= self.limit and len(self._held) < size:
                break
            frame = self._frame(size) if length <= self.limit else None
            if frame:
                frames.append(frame)
            else:
                self.broken += 1
            del self._held[: size if frame else len(START)]
        return frames

    def reset(self) -> None:
        """Drop the beginning of an incomplete frame."""
        self._held.clear()

    def _seek(self) -> bool:
        at = self._held.find(START)
        keep = self._held.endswith(START[:1]) if at < 0 else len(self._held) - at
        del self._held[: len(self._held) - keep]
        return at >= 0 and len(self._held) >= len(START) + HEADER.size

    def _frame(self, size: int) -> Frame | None:
        behind = size - self._tail
        body, check = bytes(self._held[len(START) : behind]), self._held[behind:size]
        if self._check(body) != check:
            return None
        kind, sequence, _ = HEADER.unpack_from(body)
        return Frame(kind=kind, sequence=sequence, payload=body[HEADER.size :])
