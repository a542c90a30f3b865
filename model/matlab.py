"""Arrays of numbers in a MATLAB 5 file, and nothing else that such a file may hold.

By the MAT-File Format (MathWorks, version 5; tables 1-1 and 1-3). SciPy's reader, which knows all
of it, reads memory that is not its own where a damaged file says so, and ends the interpreter.
"""

import math
import struct
import zlib
from collections.abc import Collection, Iterator

import numpy as np

HEADER, COMPRESSED, MATRIX = 128, 15, 14
"""Bytes before the elements; the kinds of an element that zlib packed, and of a matrix."""

STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}
"""How numbers are stored, by the kind of an element."""

CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
           15: "u8"}
"""What an array's numbers are, by its class; they may be stored in fewer bytes."""

COMPLEX = 0x800
MOST_DIMENSIONS = 32


def arrays(given: bytes, names: Collection[str], most: int) -> dict[str, np.ndarray]:
    """Those of the ``names`` that there are.

    Parameters
    ----------
    most : bytes that the compressed elements may unpack to, all together.

    Raises
    ------
    ValueError
        For no such file, a damaged one, or an array of these names that is not of real numbers.
    """
    order = {b"IM": "<", b"MI": ">"}.get(given[HEADER - 2 : HEADER])
    if order is None:
        raise ValueError("no header of version 5")
    found: dict[str, np.ndarray] = {}
    for kind, content in _unpacked(given, order, most):
        if kind != MATRIX:
            continue
        name, made = _matrix(content, order, names)
        if made is None:
            continue
        if name in found:
            raise ValueError(f"two arrays called {name}")
        found[name] = made
    return found


def _unpacked(given: bytes, order: str, most: int) -> Iterator[tuple[int, bytes]]:
    """The elements, also those that zlib packed, each with a tag and one element."""
    place, room = HEADER, most
    while place < len(given):
        kind, content, place = _element(given, place, order)
        if kind != COMPRESSED:
            yield kind, content
            continue
        unpacking = zlib.decompressobj()
        try:
            inside = unpacking.decompress(content, room + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        room -= len(inside)
        if room < 0:
            raise ValueError(f"unpacks to more than {most:,} bytes, which the set has not")
        if not unpacking.eof:
            raise ValueError("a compressed element is cut short")
        yield _element(inside, 0, order)[:2]


def _matrix(content: bytes, order: str, names: Collection[str]) -> tuple[str, np.ndarray | None]:
    """Name and array; None for one of another name."""
    _, flags, place = _element(content, 0, order)
    _, extents, place = _element(content, place, order)
    _, label, place = _element(content, place, order)
    name = label.decode("latin-1")
    if name not in names:
        return name, None
    if len(flags) < 4 or len(extents) % 4:
        raise ValueError(f"array {name}: damaged")
    (word,) = struct.unpack(f"{order}I", flags[:4])
    shape = struct.unpack(f"{order}{len(extents) // 4}i", extents)
    if word & 0xFF not in CLASSES or word & COMPLEX:
        raise ValueError(f"array {name}: not of real numbers")
    if not 2 <= len(shape) <= MOST_DIMENSIONS or min(shape) < 0:
        raise ValueError(f"array {name}: damaged")
    kind, stored, _ = _element(content, place, order)
    if kind not in STORED:
        raise ValueError(f"array {name}: damaged")
    dtype = np.dtype(f"{order}{STORED[kind]}")
    if math.prod(shape) * dtype.itemsize != len(stored):
        raise ValueError(f"array {name}: {len(stored):,} bytes for a shape of {shape}")
    numbers = np.frombuffer(stored, dtype).astype(CLASSES[word & 0xFF])
    return name, numbers.reshape(shape, order="F")


def _element(given: bytes, place: int, order: str) -> tuple[int, bytes, int]:
    """Kind and content of the element at ``place``, and where the next one begins."""
    if place + 8 > len(given):
        raise ValueError("cut short")
    kind, size = struct.unpack(f"{order}2I", given[place : place + 8])
    if kind >> 16:
        # Up to four bytes stand in the tag itself.
        kind, size = kind & 0xFFFF, kind >> 16
        if size > 4:
            raise ValueError("damaged")
        return kind, given[place + 4 : place + 4 + size], place + 8
    start = place + 8
    if start + size > len(given):
        raise ValueError("cut short")
    # All but packed elements are filled up to a multiple of eight bytes.
    end = start + size if kind == COMPRESSED else start + -(-size // 8) * 8
    return kind, given[start : start + size], end
