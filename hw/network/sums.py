"""Sums of +-1 weights over a window, for the reference: by packed words of bits, or by integers."""

import numpy as np

from hw.network.geometry import Geometry

CHUNK = 1 << 17
"""Accumulators computed at once: a megabyte of words, so that the inner loop stays in cache."""


class BinarySums:
    """``acc = counted taps - 2 * disagreeing taps``, with bits packed into words tap by tap."""

    def __init__(self, geometry: Geometry, weights: np.ndarray) -> None:
        self.geometry = geometry
        ones = _packed(np.ones(geometry.channels, np.uint8))
        self.outside = ones if geometry.pad == "+1" else np.zeros_like(ones)
        packed = _packed((weights > 0).astype(np.uint8))
        self.weights = _words(packed.reshape(len(packed), -1))
        masked = geometry.pad == "zero"
        whole = np.broadcast_to(ones, (1, geometry.height, geometry.width, len(ones)))
        self.mask = _words(_windows(whole, geometry, np.zeros_like(ones)))[0] if masked else None

    def __call__(self, bits: np.ndarray) -> np.ndarray:
        """int32 (N, OH, OW, MH) from bits (N, H, W, C)."""
        words = _words(_windows(_packed(bits), self.geometry, self.outside))
        step = max(1, CHUNK // (len(self.weights) * self.geometry.positions))
        parts = [self._accumulate(words[start:start + step])
                 for start in range(0, len(words), step)]
        return np.concatenate(parts) if parts else np.empty(
            (0, *words.shape[1:3], len(self.weights)), np.int32)

    def _accumulate(self, words: np.ndarray) -> np.ndarray:
        disagree = np.zeros((*words.shape[:3], len(self.weights)), np.int32)
        for k in range(words.shape[3]):
            different = words[..., k, None] ^ self.weights[:, k]
            if self.mask is not None:
                different &= self.mask[..., k, None]
            disagree += np.bitwise_count(different)
        if self.mask is None:
            return self.geometry.size - 2 * disagree
        counted = np.bitwise_count(self.mask).sum(axis=-1, dtype=np.int32)
        return counted[..., None] - 2 * disagree


class IntegerSums:
    """The same sum over the input table's integers; a padded tap reads the pad's integer.

    A float matrix product is exact here: every partial sum is an integer below 2^24 in float32, or
    below 2^53 in float64, which is taken where ``bound`` asks for it.
    """

    def __init__(self, geometry: Geometry, weights: np.ndarray, *, bound: int) -> None:
        self.geometry = geometry
        self.dtype = np.float32 if bound < 1 << 24 else np.float64
        pad = 0 if geometry.pad in ("none", "zero") else int(geometry.pad)
        self.outside = np.array([pad], self.dtype)
        self.weights = weights.reshape(len(weights), -1).T.astype(self.dtype)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """int32 (N, OH, OW, MH) from integers (N, H, W, C)."""
        windows = _windows(values.astype(self.dtype), self.geometry, self.outside)
        return (windows @ self.weights).astype(np.int32)


def _windows(pixels: np.ndarray, geometry: Geometry, outside: np.ndarray) -> np.ndarray:
    """(N, OH, OW, kh * kw * B) from pixels (N, H, W, B); pixels beyond the map are `outside`."""
    images, height, width, channels = pixels.shape
    above, left = geometry.padding
    framed = np.empty((images, height + 2 * above, width + 2 * left, channels), pixels.dtype)
    framed[...] = outside
    framed[:, above:above + height, left:left + width] = pixels
    views = np.lib.stride_tricks.sliding_window_view(framed, geometry.kernel, axis=(1, 2))
    views = views[:, ::geometry.stride[0], ::geometry.stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return views.reshape(*views.shape[:3], geometry.taps * channels)


def _packed(bits: np.ndarray) -> np.ndarray:
    """Bits (..., C) as bytes (..., ceil(C / 8)), channel 0 lowest, unused bits 0."""
    return np.packbits(bits, axis=-1, bitorder="little")


def _words(packed: np.ndarray) -> np.ndarray:
    """Bytes (..., B) as 64-bit words (..., ceil(B / 8)), unused bytes 0."""
    size = packed.shape[-1]
    filled = np.zeros((*packed.shape[:-1], -(-size // 8) * 8), np.uint8)
    filled[..., :size] = packed
    return filled.view(np.uint64)
