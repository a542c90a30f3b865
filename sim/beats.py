"""Conversion of a stream's beats: from integers and pixels to bytes for the simulator, and back."""

from collections.abc import Iterable, Sequence

import numpy as np


def size(width: int) -> int:
    """Number of bytes of a beat of ``width`` bits."""
    return -(-width // 8)


def joined(elements: Iterable[int], width: int) -> int:
    """The payload of several elements of ``width`` bits, with the first one lowest."""
    mask = (1 << width) - 1
    return sum((int(each) & mask) << (width * place) for place, each in enumerate(elements))


def pack(values: Sequence[int], width: int) -> np.ndarray:
    """Integers as beats, uint8 (n, bytes), little-endian; negative ones in two's complement."""
    mask, bytes_ = (1 << width) - 1, size(width)
    data = b"".join((int(value) & mask).to_bytes(bytes_, "little") for value in values)
    return np.frombuffer(data, np.uint8).reshape(-1, bytes_)


def unpack(beats: np.ndarray) -> list[int]:
    """Beats, uint8 (n, bytes), as unsigned integers."""
    return [int.from_bytes(beat.tobytes(), "little") for beat in beats]


def bits(beats: np.ndarray, width: int) -> np.ndarray:
    """Beats as bits, uint8 {0, 1} (n, width), bit 0 first."""
    return np.unpackbits(beats, axis=1, count=width, bitorder="little")


def elements(beats: np.ndarray, count: int, width: int) -> np.ndarray:
    """Beats of ``count`` elements each, int64 (n * count,), the first lowest: bits, or integers of
    2 to 63 bits in two's complement."""
    digits = bits(beats, count * width).reshape(-1, width)
    return digits.ravel() if width == 1 else field(np.packbits(
        digits, axis=1, bitorder="little"), 0, width, signed=True)


def field(beats: np.ndarray, start: int, width: int, *, signed: bool = False) -> np.ndarray:
    """A field of every beat, int64 (n,): ``width`` bits, at most 63, from bit ``start`` on."""
    digits = bits(beats, start + width)[:, start:].astype(np.int64)
    weights = np.int64(1) << np.arange(width, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    return digits @ weights


def pixels(images: np.ndarray, together: int = 1) -> np.ndarray:
    """Beats of images (N, C, H, W), with P pixels ``together``, in raster order.

    uint8 (N * H * W / P, P * C).
    """
    return images.transpose(0, 2, 3, 1).reshape(-1, together * images.shape[1])
