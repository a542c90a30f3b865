"""Mutations of files: cut, splice, repeat, and change numbers in binary and in text."""

import random
import re
from collections.abc import Callable

from benchmarks.fuzz.target import Files, Target

NUMBERS = (0, 1, 2, 3, 127, 128, 255, 256, 1000, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**24,
           2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
DIGITS = (*map(str, NUMBERS), "-1", "-9223372036854775809", "1e999", "nan", "9" * 30, "9" * 5000,
          "0.5", "True", "None", "[]", "{}", '""', "(1,)")  # fmt: skip

Change = Callable[[bytes], bytes]


def mutated(target: Target, files: Files, rng: random.Random, plain: Change | None = None) -> Files:
    """Make one to three changes in one file, of its bytes or of its compressed content.

    ``plain`` is another function that changes bytes, used as often as `changed`.
    """
    name = rng.choice(list(files))

    def change(content: bytes) -> bytes:
        if plain and rng.random() < 0.5:
            return plain(content)
        return changed(content, rng)

    content = files[name]
    for _ in range(rng.choice((1, 1, 2, 3))):
        inside = target.inside(content, change) if rng.random() < 0.7 else None
        content = change(content) if inside is None else inside
    return {**files, name: content}


def changed(content: bytes, rng: random.Random) -> bytes:
    """Make one change anywhere, more often near the beginning, where headers are."""
    if not content:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(20)))
    ways = (_flipped, _number, _number, _cut, _repeated, _moved, _inserted, _digits, _digits)
    return rng.choice(ways)(content, rng)


def _place(content: bytes, rng: random.Random) -> int:
    head = min(len(content), rng.choice((16, 64, 400, len(content))))
    return rng.randrange(max(1, head))


def _flipped(content: bytes, rng: random.Random) -> bytes:
    at = _place(content, rng)
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def _number(content: bytes, rng: random.Random) -> bytes:
    """Change a number of 1 to 8 bytes in either order, mostly at a multiple of its size."""
    size = rng.choice((1, 2, 4, 4, 8))
    at = _place(content, rng)
    at -= at % size if rng.random() < 0.7 else 0
    value = rng.choice(NUMBERS) % (1 << 8 * size)
    made = value.to_bytes(size, rng.choice(("little", "big")))
    return content[:at] + made + content[at + size :]


def _cut(content: bytes, rng: random.Random) -> bytes:
    at = _place(content, rng)
    if rng.random() < 0.4:
        return content[:at]
    return content[:at] + content[at + rng.choice((1, 2, 4, 8, 100)) :]


def _repeated(content: bytes, rng: random.Random) -> bytes:
    at, size = _place(content, rng), rng.choice((1, 4, 8, 30, 300))
    part = content[at : at + size]
    return content[:at] + part * rng.choice((2, 3, 50)) + content[at + size :]


def _moved(content: bytes, rng: random.Random) -> bytes:
    source, to, size = _place(content, rng), _place(content, rng), rng.choice((1, 4, 8, 30))
    return content[:to] + content[source : source + size] + content[to + size :]


def _inserted(content: bytes, rng: random.Random) -> bytes:
    at = _place(content, rng)
    made = rng.choice((b"\0", b"\n", b"\xff", b"\x1b[2J", b"\xed\xa0\x80", b"\0" * 40, b"[" * 2000))
    return content[:at] + made + content[at:]


def _digits(content: bytes, rng: random.Random) -> bytes:
    """Replace a decimal number in text by another one; without any, insert a word."""
    found = list(re.finditer(rb"-?\d+", content[: 1 << 16]))
    if not found:
        return _number(content, rng)
    one = rng.choice(found)
    return content[: one.start()] + rng.choice(DIGITS).encode() + content[one.end() :]
