"""Random faults of bytes on a serial line, and of the line's levels, by name."""

from collections.abc import Callable
from random import Random

from boards.protocol import HEADER, START, Frame, Kind, crc16
from sim.serial_wave import Run, encoded, joined

ByteFault = Callable[[Random, bytes], bytes]
WaveFault = Callable[[Random, bytes, int], list[Run]]


SILENT = 30
"""Length of a silence, as a number of bytes; half as many are none."""


def _place(numbers: Random, sent: bytes, length: int = 1) -> int:
    return numbers.randrange(max(1, len(sent) - length + 1))


def flipped_bit(numbers: Random, sent: bytes) -> bytes:
    return _flip(numbers, sent, 1)


def flipped_bits(numbers: Random, sent: bytes) -> bytes:
    return _flip(numbers, sent, numbers.randrange(2, 12))


def _flip(numbers: Random, sent: bytes, count: int) -> bytes:
    whole = int.from_bytes(sent, "little")
    for bit in numbers.sample(range(8 * len(sent)), count):
        whole ^= 1 << bit
    return whole.to_bytes(len(sent), "little")


def burst(numbers: Random, sent: bytes) -> bytes:
    """A burst of flipped bits within 32 bits of the line."""
    length = numbers.randrange(2, 33)
    pattern = numbers.getrandbits(length) | 1 | 1 << length - 1
    at = numbers.randrange(8 * len(sent) - length + 1)
    return (int.from_bytes(sent, "little") ^ pattern << at).to_bytes(len(sent), "little")


def long_burst(numbers: Random, sent: bytes) -> bytes:
    length = numbers.randrange(5, min(25, len(sent)))
    at = _place(numbers, sent, length)
    return sent[:at] + numbers.randbytes(length) + sent[at + length :]


def dropped(numbers: Random, sent: bytes) -> bytes:
    left = bytearray(sent)
    for _ in range(numbers.choice((1, 1, 2, 5))):
        del left[numbers.randrange(len(left))]
    return bytes(left)


def repeated(numbers: Random, sent: bytes) -> bytes:
    at, length = _place(numbers, sent), numbers.choice((1, 1, 2, 6))
    return sent[: at + length] + sent[at:]


def inserted(numbers: Random, sent: bytes) -> bytes:
    at = numbers.randrange(len(sent) + 1)
    return sent[:at] + numbers.randbytes(numbers.choice((1, 1, 2, 7))) + sent[at:]


def inserted_start(numbers: Random, sent: bytes) -> bytes:
    at = numbers.randrange(len(sent) + 1)
    return sent[:at] + START[: numbers.choice((1, 2))] + sent[at:]


def split_start(numbers: Random, sent: bytes) -> bytes:
    """Bytes between the start bytes, or the first of them repeated."""
    between = numbers.choice((b"\0", START[:1], START[1:], numbers.randbytes(2)))
    return sent[:1] + between * numbers.randrange(1, 3) + sent[1:]


def exchanged(numbers: Random, sent: bytes) -> bytes:
    left, (one, other) = bytearray(sent), numbers.sample(range(len(sent)), 2)
    left[one], left[other] = left[other], left[one]
    return bytes(left)


def wiped(numbers: Random, sent: bytes) -> bytes:
    """Some bytes replaced by one value."""
    at, length = _place(numbers, sent), numbers.randrange(1, 9)
    value = numbers.choice((0x00, 0xFF, START[0], START[1]))
    return sent[:at] + bytes([value]) * len(sent[at : at + length]) + sent[at + length :]


def cut(numbers: Random, sent: bytes) -> bytes:
    return sent[: numbers.randrange(1, len(sent))]


def headless(numbers: Random, sent: bytes) -> bytes:
    return sent[numbers.randrange(1, len(sent)) :]


def halves(numbers: Random, sent: bytes) -> bytes:
    """The beginning of a frame and its end, each of random length."""
    return cut(numbers, sent) + headless(numbers, sent)


def false_length(numbers: Random, sent: bytes) -> bytes:
    at = len(START) + HEADER.size - 4
    length = int.from_bytes(sent[at : at + 4], "little")
    other = numbers.choice((
        0, 1, length - 1, length + 1, numbers.randrange(2 * length + 2), numbers.getrandbits(32),
        1 << numbers.randrange(32),
    )) & 0xFFFFFFFF  # fmt: skip
    return sent[:at] + other.to_bytes(4, "little") + sent[at + 4 :]


def false_kind(numbers: Random, sent: bytes) -> bytes:
    at = len(START)
    return sent[:at] + bytes([numbers.choice((*Kind, numbers.randrange(256)))]) + sent[at + 1 :]


def false_sequence(numbers: Random, sent: bytes) -> bytes:
    at = len(START) + 1
    return sent[:at] + numbers.randbytes(1) + sent[at + 1 :]


def false_starts(numbers: Random, sent: bytes) -> bytes:
    """A frame after pieces of a frame's beginning."""
    pieces = (sent[: numbers.randrange(1, 9)] for _ in range(numbers.randrange(1, 4)))
    return b"".join(pieces) + sent


def frame_within(numbers: Random, sent: bytes) -> bytes:
    """A frame in which some bytes are replaced by a whole frame."""
    inner = Frame(kind=Kind.INFO, sequence=numbers.randrange(256)).encode()
    at = numbers.randrange(2, len(sent))
    return sent[:at] + inner + sent[at + numbers.choice((0, len(inner))) :]


def garbage(numbers: Random, sent: bytes) -> bytes:
    return numbers.randbytes(numbers.randrange(1, 2 * len(sent)))


def garbage_of_frames(numbers: Random, sent: bytes) -> bytes:
    """Typical bytes and pieces of frames, in random order."""
    length = len(sent).to_bytes(4, "little")
    made = b""
    for _ in range(numbers.randrange(2, 12)):
        at = _place(numbers, sent)
        made += numbers.choice((
            START, START[:1], START + bytes([numbers.choice((*Kind,))]), length,
            sent[at : at + numbers.randrange(1, 9)], numbers.randbytes(2),
        ))  # fmt: skip
    return made


def frame_of_garbage(numbers: Random, sent: bytes) -> bytes:
    """A frame with a random payload and CRC."""
    head = len(START) + HEADER.size
    return sent[:head] + numbers.randbytes(len(sent) - head)


def shorter_check(numbers: Random, sent: bytes) -> bytes:
    """A frame of protocol version 1."""
    head = len(START) + HEADER.size
    payload = sent[head:-4]
    return Frame(kind=sent[2], sequence=sent[3], payload=payload).encode(crc16)


BYTES: tuple[ByteFault, ...] = (
    flipped_bit, flipped_bits, burst, long_burst, dropped, repeated, inserted, inserted_start,
    split_start, exchanged, wiped, cut, headless, halves, false_length, false_kind, false_sequence,
    false_starts, frame_within, garbage, garbage_of_frames, frame_of_garbage, shorter_check,
)  # fmt: skip


def glitches(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """Random pulses shorter than half a bit."""
    return _struck(numbers, sent, divisor, numbers.randrange(1, 5), (1, max(2, divisor // 2)))


def pulses(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """Random pulses of up to three bits."""
    return _struck(numbers, sent, divisor, numbers.randrange(1, 4), (1, 3 * divisor))


def _struck(
    numbers: Random, sent: bytes, divisor: int, count: int, lengths: tuple[int, int]
) -> list[Run]:
    wave = [level for level, cycles in encoded(sent, divisor) for _ in range(cycles)]
    for _ in range(count):
        at = numbers.randrange(len(wave))
        for cycle in range(at, min(len(wave), at + numbers.randrange(*lengths))):
            wave[cycle] ^= 1
    return joined((level, 1) for level in wave)


def line_break(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """The line held low, or high, for up to six bytes within a frame."""
    at, length = _place(numbers, sent), numbers.randrange(1, 60 * divisor)
    rest = sent[at + length // (10 * divisor) :]
    held = (numbers.randrange(2), length)
    back = (1, numbers.randrange(2 * divisor))
    return [*encoded(sent[:at], divisor), held, back, *encoded(rest, divisor)]


def jitter(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """Edges that are early or late, some by up to two fifths of a bit."""
    most = 2 * divisor // 5 if numbers.randrange(2) else divisor // 4
    runs = encoded(sent, divisor)
    moved = [numbers.randint(-most, most) * (numbers.random() < 0.3) for _ in runs]
    return joined(
        (level, max(1, cycles + moved[k] - (moved[k - 1] if k else 0)))
        for k, (level, cycles) in enumerate(runs)
    )


def other_rate(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """A frame from a host whose clock is up to 12 % off."""
    return encoded(sent, divisor * numbers.uniform(0.88, 1.12))


def no_stop(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """Missing stop bits: the next start bit follows at once, or the bit is low."""
    at = _place(numbers, sent)
    head = encoded(sent[: at + 1], divisor)
    level, cycles = head[-1]
    short = (level, cycles - divisor)
    held = (0, divisor * numbers.randrange(2))
    return [*head[:-1], short, held, *encoded(sent[at + 1 :], divisor)]


def telegraph(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """A piece of the frame replaced by levels of random length."""
    at, length = _place(numbers, sent), numbers.randrange(1, 15)
    noise: list[Run] = []
    while sum(cycles for _, cycles in noise) < length * 10 * divisor:
        noise.append((len(noise) % 2, numbers.randrange(1, 4 * divisor)))
    return [*encoded(sent[:at], divisor), *noise, *encoded(sent[at + length :], divisor)]


def pause(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """A pause of some bytes within the frame, which is no fault as it is shorter than a silence."""
    at = _place(numbers, sent)
    rest = (1, numbers.randrange(1, SILENT // 2 * 10 * divisor))
    return [*encoded(sent[:at], divisor), rest, *encoded(sent[at:], divisor)]


def silence(numbers: Random, sent: bytes, divisor: int) -> list[Run]:
    """A silence within the frame, which ends it; half of the time near its start bytes."""
    at = numbers.randrange(1, numbers.choice((4, len(sent))))
    rest = (1, numbers.randrange(SILENT, 2 * SILENT) * 10 * divisor)
    return [*encoded(sent[:at], divisor), rest, *encoded(sent[at:], divisor)]


WAVES: tuple[WaveFault, ...] = (
    glitches, pulses, line_break, jitter, other_rate, no_stop, telegraph, pause, silence,
)  # fmt: skip
"""Faults of the line's levels."""


def _of_bytes(fault: ByteFault) -> WaveFault:
    return lambda numbers, sent, divisor: encoded(fault(numbers, sent), divisor)


KINDS: dict[str, WaveFault] = {
    **{fault.__name__: _of_bytes(fault) for fault in BYTES},
    **{fault.__name__: fault for fault in WAVES},
}
"""All faults, as functions to levels of the line, by name."""
