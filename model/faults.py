"""Faults found together, and odd values among them, told in one line of bounded length."""

from collections.abc import Sequence
from typing import Any

MOST = 20
"""Faults told; of the others only how many there are."""

ROOM, LONGEST = 1500, 400
"""Characters for all of them, and for one: a path and a sentence still fit beside them."""


def told(faults: Sequence[str]) -> str:
    """The first of ``faults``, and how many more there are."""
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
    """``text``, or its beginning and three dots."""
    return text if len(text) <= most else text[:most - 3] + "..."


def found(value: Any) -> str:
    """A value as a message shows it: short whatever it is, and never computed from tensors."""
    if value is None or isinstance(value, bool | int | float):
        return clipped(repr(value), 40)
    if isinstance(value, str):
        return clipped(repr(value[:80]), 40)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(found, value))}]" if _short(value) else _a(value, len(value))
    if isinstance(value, dict):
        return _a(value, len(value))
    return f"a {type(value).__name__}"


def shown(text: str, most: int = 200) -> str:
    """A stranger's words as part of a line: what cannot be printed as its code, and clipped."""
    return clipped(printable(text[:most + 1]), most)


def printable(text: str) -> str:
    """A text in which what cannot be printed is written as Python writes it."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def keyed(key: Any) -> str:
    """A key of a dict as part of a place: as it is, if it is text that fits in a line."""
    return clipped(key, 100) if type(key) is str and key.isprintable() else found(key)


def _short(value: Any) -> bool:
    return len(value) <= 4 and all(
        isinstance(entry, bool | int | float) and abs(entry) < 10**9 for entry in value)


def _a(value: Any, count: int) -> str:
    return f"a {type(value).__name__} of {count:,}"
