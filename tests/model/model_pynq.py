"""BNN-PYNQ's folders with random numbers, and the published definition of what they compute."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CNV = ((64, 27), (64, 576), (128, 576), (128, 1152), (256, 1152), (256, 2304), (512, 256),
       (512, 512))
LFC = ((1024, 832), (1024, 1024), (1024, 1024))


@dataclass(frozen=True)
class Net:
    """A network in a folder: bits of weights, thresholds a row, and the (PE, SIMD) of each layer.

    The last layer has ``rows``, and thresholds if ``ends_in_bits``.
    """

    shapes: tuple[tuple[int, int], ...]
    folding: tuple[tuple[int, int], ...]
    bits: int = 1
    steps: int = 1
    rows: int = 64
    ends_in_bits: bool = False
    classes: int = 3
    weights: list[np.ndarray] = field(default_factory=list)
    thresholds: list[np.ndarray] = field(default_factory=list)

    @property
    def conv(self) -> bool:
        return self.shapes == CNV

    @property
    def counts(self) -> bool:
        """True if accumulators count agreeing bits."""
        return self.bits == self.steps == 1


def write(folder: Path, layer: int, folding: tuple[int, int], bits: int, weights: np.ndarray,
          thresholds: np.ndarray | None) -> None:
    """A layer's files, from weights (rows, columns) and thresholds (rows, steps)."""
    pe, simd = folding
    fields = weights % 4 if bits == 2 else (weights + 1) // 2
    for element in range(pe):
        beats = fields[element::pe].reshape(-1, simd)
        words = np.zeros((len(beats), 64), np.uint8)
        for bit in range(bits):
            words[:, bit:bits * simd:bits] = beats >> bit & 1
        np.packbits(words, bitorder="little").tofile(folder / f"{layer}-{element}-weights.bin")
        if thresholds is not None:
            thresholds[element::pe].astype("<i8").tofile(folder / f"{layer}-{element}-thres.bin")


def made(folder: Path, net: Net, seed: int = 1) -> Net:
    """Write a folder of random numbers, which go into ``net`` too."""
    rng, folder = np.random.default_rng(seed), Path(folder)
    shapes = (*net.shapes, (net.rows, net.shapes[-1][0]))
    for layer, ((rows, columns), folding) in enumerate(zip(shapes, net.folding, strict=True)):
        last = layer == len(shapes) - 1
        # 0 on average: thresholds around the average let every bit vary.
        weights = rng.choice([-1, 1] if net.bits == 1 else [-2, -1, 0, 1, 1, 1], (rows, columns))
        if last:
            weights[net.classes:] = 1 if net.bits == 1 else 0
        middle, spread = columns // 2 if net.counts else 0, int(np.sqrt(columns) / 2)
        if net.conv and not layer:
            middle, spread = 0, 900
        steps = middle + rng.integers(-spread, spread + 1, (rows, 1 if last else net.steps))
        if not last:  # Rows that are always or never one.
            steps[0], steps[1] = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        write(folder, layer, folding, net.bits, weights,
              None if last and not net.ends_in_bits else steps)
        net.weights.append(weights)
        net.thresholds.append(steps)
    (folder / "classes.txt").write_text("\r\n".join(f"name {c}" for c in range(net.classes)))
    return net


def windows(maps: np.ndarray) -> np.ndarray:
    """(N, OH, OW, 3 * 3 * C), channel fastest, of maps (N, H, W, C)."""
    views = np.lib.stride_tricks.sliding_window_view(maps, (3, 3), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def accumulators(net: Net, images: np.ndarray) -> np.ndarray:
    """The published definition: the last layer's accumulators (N, rows) for uint8 images.

    They are computed in float32, which has all of these integers exactly.
    """
    if net.conv:
        q = np.minimum(127, np.floor((2 * (images / 255) - 1) * 128 + 0.5))
        x = q.transpose(0, 2, 3, 1)
    else:
        x = np.zeros((len(images), 832))
        x[:, :784] = images.reshape(len(images), -1) >= 128
    for layer, (weights, thresholds) in enumerate(zip(net.weights, net.thresholds, strict=True)):
        rows = windows(x) if net.conv and layer < 6 else x.reshape(len(x), -1)
        rows, weights = rows.astype(np.float32), weights.astype(np.float32)
        if net.conv and not layer:
            acc = 2 * (rows @ weights.T)
        elif net.counts:
            acc = rows @ (weights > 0).T + (1 - rows) @ (weights < 0).T
        else:
            acc = (rows if layer else 2 * rows - 1) @ weights.T
        acc = acc.astype(np.int64)
        if layer == len(net.weights) - 1:
            return acc
        passed = (acc[..., None] > thresholds).sum(-1)
        x = passed if net.counts else passed - 1
        if net.conv and layer in (1, 3):
            n, height, width, channels = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    raise AssertionError("no layers")
