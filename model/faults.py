"""Texts for error messages: several faults, and any value, in one line of bounded length."""

from collections.abc import Sequence
from typing import Any

MOST = 20
"""Most faults in a message; of the others it has the number."""

ROOM, LONGEST = 1500, 400
"""Most characters of all faults, and of one: a path and a sentence still fit beside them."""


def told(faults: Sequence[str]) -> str:
    """The first of ``faults`` as one text, with the number of the others."""
    shown: list[str] = []
    room = ROOM
    for fault in faults[:MOST]:
        text = clipped(fault, LONGEST)
        if shown and len(text) > room:
            break
        shown.append(text)
        room -= len(text) + 2
    more = len(faults) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more else "")


def clipped(text: str, most: int) -> str:
    """The text, cut to ``most`` characters with three dots at the end if it is longer."""
    return text if len(text) <= most else text[:most - 3] + "..."


def described(value: Any) -> str:
    """A short text for any value; of tensors it has the type alone."""
    if value is None or isinstance(value, bool | int | float):
        return clipped(repr(value), 40)
    if isinstance(value, str):
        return clipped(repr(value[:80]), 40)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(described, value))}]" if _short(value) else _a(value, len(value))
    if isinstance(value, dict):
        return _a(value, len(value))
    return f"a {type(value).__name__}"


def shown(text: str, most: int = 200) -> str:
    """Text of unknown origin as part of a line: clipped, unprintable characters as escapes."""
    return clipped(printable(text[:most + 1]), most)


def printable(text: str) -> str:
    """The text with Python's escapes for unprintable characters."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def keyed(key: Any) -> str:
    """A dict's key as part of a place: itself, if it is printable text, else a description."""
    return clipped(key, 100) if type(key) is str and key.isprintable() else described(key)


def _short(value: Any) -> bool:
    return len(value) <= 4 and all(
        isinstance(entry, bool | int | float) and abs(entry) < 10**9 for entry in value)


def _a(value: Any, count: int) -> str:
    return f"a {type(value).__name__} of {count:,}"
