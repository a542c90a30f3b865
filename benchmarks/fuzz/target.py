"""A fuzzing target: a parser with valid inputs, and a check of its results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Files = dict[str, bytes]
"""An input of a parser: contents of files in a folder, by name."""


class Other(Exception):
    """A parser that has accepted a file with another result than its content."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser to be fuzzed.

    Parameters
    ----------
    seeds
        Valid inputs.
    read
        Parses the files in a folder. Raises `model.refusal.Refusal`, or one of ``refusals``, if it
        refuses them; `Other` if it accepts them wrongly, or with another result.
    inside
        Mutates content inside check sums and compression, which plain mutation only breaks: from
        content and a function that changes bytes to other content, None if nothing is inside.
    """

    name: str
    seeds: Callable[[], list[Files]]
    read: Callable[[Path], object]
    inside: Callable[[bytes, Callable[[bytes], bytes]], bytes | None] = lambda *_: None
    refusals: tuple[type[Exception], ...] = field(default=())


def packed(files: Files) -> bytes:
    """An input as bytes: netstrings of names and contents."""
    return b"".join(b"%d:%s," % (len(part), part)
                    for name, content in files.items() for part in (name.encode(), content))


def unpacked(content: bytes) -> Files | None:
    """The files of an input that `packed` made; None for other bytes."""
    pieces = []
    while content:
        head, colon, rest = content.partition(b":")
        if not colon or not head.isdigit() or len(head) > 9:
            return None
        size = int(head)
        if rest[size : size + 1] != b",":
            return None
        pieces.append(rest[:size])
        content = rest[size + 1 :]
    try:
        names = [piece.decode() for piece in pieces[::2]]
    except UnicodeDecodeError:
        return None
    sound = all(name and "/" not in name and name.isprintable() for name in names)
    return dict(zip(names, pieces[1::2], strict=True)) if sound and len(pieces) % 2 == 0 else None
