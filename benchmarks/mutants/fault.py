"""A fault: a place in a file, and another text for it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

ROOMS = ("hw/network", "hw/plan", "hw/cores", "hw/design", "hw/emit", "boards")
"""Folders of the program that faults are planted in."""


def room_of(file: str) -> str:
    """The folder of `ROOMS` that a file is in, at any depth."""
    return next(room for room in ROOMS if file.startswith(f"{room}/"))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault in one file.

    It is identified by its texts, not by its place, so that it is the same fault after other lines
    of its file have changed.

    Parameters
    ----------
    file, function : place; the function as ``Class.method``, "" outside functions.
    kind : mutation operator, such as "compare".
    original, mutated : its lines before and after, as one line each.
    number : 0, or the index among several with the same texts in the function.
    start, end : byte offsets in the file of the text that is replaced.
    text : the new text.
    """

    file: str
    function: str
    kind: str
    original: str
    mutated: str
    number: int = 0
    start: int = field(compare=False)
    end: int = field(compare=False)
    text: str = field(compare=False, repr=False)

    @property
    def room(self) -> str:
        return room_of(self.file)

    @property
    def key(self) -> str:
        """The identity of the fault, which changes with its function and its lines only."""
        texts = (self.file, self.function, self.original, self.mutated, str(self.number))
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]

    def planted(self, source: bytes) -> bytes:
        """The content of the file with this fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def fault(source: bytes, file: str, function: str, kind: str, start: int, end: int,
          text: str) -> Fault:  # fmt: skip
    """A fault with the lines that it changes."""
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    before, after = source[first:start], source[end : last if last >= 0 else None]
    return Fault(
        file=file, function=function, kind=kind, start=start, end=end, text=text,
        original=_line(before + source[start:end] + after),
        mutated=_line(before + text.encode() + after),
    )  # fmt: skip


def numbered(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Faults with numbers where their texts are equal, without duplicates and without no-changes.
    """
    seen: dict[str, int] = {}
    places = set()
    for one in faults:
        place = one.start, one.end, one.text
        if one.original == one.mutated or place in places:
            continue
        places.add(place)
        number = seen.get(one.key, 0)
        seen[one.key] = number + 1
        yield replace(one, number=number)


def _line(text: bytes) -> str:
    return " ".join(text.decode().split())
