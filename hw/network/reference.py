"""The golden reference: a folded network on real images, in exact integers and nothing else.

It is plain on purpose and shares no trick with the hardware: a padded tap is masked away, a window
is gathered whole, a pool looks at every bit. What hardware does differently must come out equal.
"""

from typing import NamedTuple

import numpy as np

from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Network, Pool, Product
from model.refusal import Refusal

CHUNK = 1 << 17
"""Accumulators computed at once: a megabyte of words, so that the inner loop stays in cache."""


class Scores(NamedTuple):
    """``scores`` int64 (N, classes); ``classes`` int64 (N,), the highest, ties to the lowest."""

    scores: np.ndarray
    classes: np.ndarray


class Activity(NamedTuple):
    """What a hidden layer computed.

    ``accumulators`` is int32 (N, MH, OH, OW), before threshold and pool (of the folded weights:
    the negative of PyTorch's where fold negated the channel); ``bits`` is uint8 {0, 1}
    (N, channels, OH2, OW2), after the pool.
    """

    accumulators: np.ndarray
    bits: np.ndarray


class HeadActivity(NamedTuple):
    """``accumulators`` int32 (N, classes, OH, OW) and their ``sums`` int64 (N, classes)."""

    accumulators: np.ndarray
    sums: np.ndarray


class Reference:
    """Runs images through a `Network`.

    Binary products are XNOR and popcount on packed 64-bit words. A product on the input table's
    integers is a float matrix product, which is exact: every partial sum is an integer below
    2^24 in float32 (or below 2^53 in float64, taken when the bound asks for it).
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._products = [
            _BinaryProduct(product) if product.binary else _IntegerProduct(product)
            for product in network.products
        ]

    def run(self, images: np.ndarray) -> Scores:
        """Score images, uint8 (N, C, H, W). Raises `Refusal` for another type or shape."""
        self._check(images)
        chunk = max(1, CHUNK // max(product.outputs * product.geometry.positions
                                    for product in self.network.products))
        parts = [self._score(images[start:start + chunk])
                 for start in range(0, len(images), chunk)]
        scores = np.concatenate([np.empty((0, self.network.head.product.outputs), np.int64),
                                 *parts])
        return Scores(scores, scores.argmax(axis=1))

    def trace(self, images: np.ndarray) -> dict[str, Activity | HeadActivity]:
        """Every layer's integers by layer name, the head's as `HeadActivity`."""
        self._check(images)
        known: dict[str, Activity | HeadActivity] = {}
        values = self._inputs(images)
        for layer, product in zip(self.network.layers, self._products, strict=False):
            accumulators = product.accumulate(values)
            values = _bits(layer, accumulators)
            known[layer.name] = Activity(_channels_first(accumulators), _channels_first(values))
        accumulators = self._products[-1].accumulate(values)
        sums = accumulators.sum(axis=(1, 2), dtype=np.int64)
        known[self.network.head.name] = HeadActivity(_channels_first(accumulators), sums)
        return known

    def _score(self, images: np.ndarray) -> np.ndarray:
        values = self._inputs(images)
        for layer, product in zip(self.network.layers, self._products, strict=False):
            values = _bits(layer, product.accumulate(values))
        return score(self.network.head, self._products[-1].accumulate(values))

    def _inputs(self, images: np.ndarray) -> np.ndarray:
        """The first product's input, (N, H, W, C): table integers, or bits if they are all +-1."""
        channels = range(images.shape[1])
        values = np.stack([self.network.table[c][images[:, c]] for c in channels], axis=-1)
        return (values > 0).astype(np.uint8) if self.network.products[0].binary else values

    def _check(self, images: np.ndarray) -> None:
        expected = self.network.input_shape
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
            raise Refusal(
                f"images are {images.dtype} {images.shape}; this network reads uint8 "
                f"(N, {', '.join(map(str, expected))})"
            )


def score(head: Head, accumulators: np.ndarray) -> np.ndarray:
    """int64 (N, classes) from the head's accumulators (N, OH, OW, classes)."""
    return accumulators.sum(axis=(1, 2), dtype=np.int64) * head.multipliers + head.offsets


class _BinaryProduct:
    """``acc = counted taps - 2 * disagreeing taps``, with bits packed into words tap by tap."""

    def __init__(self, product: Product) -> None:
        self.geometry = geometry = product.geometry
        ones = _packed(np.ones(geometry.channels, np.uint8))
        self.outside = ones if geometry.pad == "+1" else np.zeros_like(ones)
        weights = _packed((product.weights > 0).astype(np.uint8))
        self.weights = _words(weights.reshape(len(weights), -1))
        masked = geometry.pad == "zero"
        whole = np.broadcast_to(ones, (1, geometry.height, geometry.width, len(ones)))
        self.mask = _words(_windows(whole, geometry, np.zeros_like(ones)))[0] if masked else None

    def accumulate(self, bits: np.ndarray) -> np.ndarray:
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


class _IntegerProduct:
    """The same sum over the input table's integers; a padded tap reads the pad's integer."""

    def __init__(self, product: Product) -> None:
        self.geometry = product.geometry
        self.dtype = np.float32 if product.bound < 1 << 24 else np.float64
        self.outside = np.array([0 if product.geometry.pad in ("none", "zero")
                                 else int(product.geometry.pad)], self.dtype)
        self.weights = product.weights.reshape(product.outputs, -1).T.astype(self.dtype)

    def accumulate(self, values: np.ndarray) -> np.ndarray:
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


def _bits(layer: Layer, accumulators: np.ndarray) -> np.ndarray:
    bits = (accumulators.repeat(layer.copies, -1) >= layer.thresholds).astype(np.uint8)
    return bits if layer.pool is None else _pooled(layer.pool, bits)


def _pooled(pool: Pool, bits: np.ndarray) -> np.ndarray:
    views = np.lib.stride_tricks.sliding_window_view(bits, pool.geometry.kernel, axis=(1, 2))
    views = views[:, ::pool.geometry.stride[0], ::pool.geometry.stride[1]]
    return np.where(pool.any_of, views.max(axis=(-2, -1)), views.min(axis=(-2, -1)))


def _channels_first(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
