"""A parser under fuzzing: its valid files, and what it makes of others."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Files = dict[str, bytes]
"""Contents by name, as they lie in a folder; one input of a parser."""


class Other(Exception):
    """A parser took a file, and what it made of it is not what the file holds."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser.

    Parameters
    ----------
    seeds
        Valid inputs.
    read
        Reads what lies in a folder. `model.refusal.Refusal`, or one of ``refusals``, for what it
        does not take; `Other` if it takes what it should not, or for something else.
    inside
        Mutates what is within check sums and compression, which plain mutation only breaks:
        content and a mutation of bytes to another content, None where there is nothing inside.
    """

    name: str
    seeds: Callable[[], list[Files]]
    read: Callable[[Path], object]
    inside: Callable[[bytes, Callable[[bytes], bytes]], bytes | None] = lambda *_: None
    refusals: tuple[type[Exception], ...] = field(default=())


def packed(files: Files) -> bytes:
    """One input as one piece of bytes: netstrings of names and contents."""
    return b"".join(b"%d:%s," % (len(part), part)
                    for name, content in files.items() for part in (name.encode(), content))


def unpacked(given: bytes) -> Files | None:
    """The files of an input that `packed` made; None for bytes that it did not make."""
    parts = []
    while given:
        head, colon, rest = given.partition(b":")
        if not colon or not head.isdigit() or len(head) > 9:
            return None
        size = int(head)
        if rest[size : size + 1] != b",":
            return None
        parts.append(rest[:size])
        given = rest[size + 1 :]
    try:
        names = [part.decode() for part in parts[::2]]
    except UnicodeDecodeError:
        return None
    sound = all(name and "/" not in name and name.isprintable() for name in names)
    return dict(zip(names, parts[1::2], strict=True)) if sound and len(parts) % 2 == 0 else None
