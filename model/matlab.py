"""Reader of MATLAB 5 files, for arrays of numbers alone.

By the MAT-File Format (MathWorks, version 5; tables 1-1 and 1-3). SciPy's reader, which covers the
whole format, reads outside its buffers at a damaged file, and crashes the interpreter.
"""

import math
import struct
import zlib
from collections.abc import Collection, Iterator

import numpy as np

HEADER, COMPRESSED, MATRIX = 128, 15, 14
"""Bytes before the elements; the type of a compressed element, and that of a matrix."""

STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}
"""NumPy types of stored numbers, by the type of an element."""

CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
           15: "u8"}
"""NumPy types of an array's numbers, by its class; they may be stored in fewer bytes."""

COMPLEX = 0x800
MOST_DIMENSIONS = 32


def arrays(data: bytes, names: Collection[str], most: int) -> dict[str, np.ndarray]:
    """The arrays of a file's content that have one of some names, by name.

    Parameters
    ----------
    most : most bytes of all compressed elements together, unpacked.

    Raises
    ------
    ValueError
        For another format, a damaged file, or an array of these names without real numbers.
    """
    order = {b"IM": "<", b"MI": ">"}.get(data[HEADER - 2 : HEADER])
    if order is None:
        raise ValueError("no header of version 5")
    named: dict[str, np.ndarray] = {}
    for kind, content in _unpacked(data, order, most):
        if kind != MATRIX:
            continue
        name, array = _matrix(content, order, names)
        if array is None:
            continue
        if name in named:
            raise ValueError(f"two arrays called {name}")
        named[name] = array
    return named


def _unpacked(data: bytes, order: str, most: int) -> Iterator[tuple[int, bytes]]:
    """Type and content of all elements; those that zlib has compressed are unpacked."""
    place, room = HEADER, most
    while place < len(data):
        kind, content, place = _element(data, place, order)
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
    """Name and array of a matrix element; None for the array if its name is not in ``names``."""
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


def _element(content: bytes, place: int, order: str) -> tuple[int, bytes, int]:
    """Type and content of the element at ``place``, and the place of the next one."""
    if place + 8 > len(content):
        raise ValueError("cut short")
    kind, size = struct.unpack(f"{order}2I", content[place : place + 8])
    if kind >> 16:
        # Content of up to four bytes is in the tag itself.
        kind, size = kind & 0xFFFF, kind >> 16
        if size > 4:
            raise ValueError("damaged")
        return kind, content[place + 4 : place + 4 + size], place + 8
    start = place + 8
    if start + size > len(content):
        raise ValueError("cut short")
    # All but compressed elements are padded to a multiple of eight bytes.
    end = start + size if kind == COMPRESSED else start + -(-size // 8) * 8
    return kind, content[start : start + size], end
