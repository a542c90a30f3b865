"""Latency of a frame through an empty accelerator, in exact cycles, without simulating a signal.

Every part starts an output position when it has what it needs and is done with the one before.
With D cycles a position, ``start[p] = max(ready[p], start[p - 1] + D)``: a running maximum.
Buffers never hold a reader up (`hw.plan.buffers`), so what comes behind a part cannot delay it.
"""

import numpy as np

from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Network, Product
from hw.plan import cycles, parts
from hw.plan.plan import Folding

INTEGER_LEVELS = 1
"""Adder levels between two registers of a sum of integers, as `hw.cores.mvu` has them."""

CONSTANT_LEVELS = 2
"""Adders between two registers of sums with constant weights, as `hw.cores.mvu` has them."""

LOOKUP = 1
RASTER = 1
SCORES = 5
"""Cycles from a beat to its result."""


def latency(network: Network, foldings: tuple[Folding, ...]) -> int:
    """Cycles from the first pixel taken to the class, a pixel coming every cycle."""
    height, width = network.input_shape[1:]
    times = np.arange(height * width) + LOOKUP
    for layer, folding in zip(network.layers, foldings[:-1], strict=True):
        times = _hidden(layer, folding, times)
    return _head(network.head, foldings[-1], times)


def mvu(product: Product, folding: Folding) -> int:
    """Cycles from the last beat of a pass to its result: inputs, adders, count, sum, output."""
    if folding.weights == "logic":
        # A tree of inputs, and of bits an adder for one left over.
        adders = (folding.simd - 1).bit_length() + product.binary
        return 2 + max(adders - 1, 0) // CONSTANT_LEVELS + 3
    if product.binary:
        return 2 + parts.count_stages(folding.simd) + 3
    # Inputs are added in pairs, for all outputs, before the weights choose.
    adders = ((folding.simd + 1) // 2 - 1).bit_length()
    return 2 + max(adders - 1, 0) // INTEGER_LEVELS + 3


def window(geometry: Geometry, simd: int) -> int:
    """Cycles from a position's last pixel to its first beat: level, address, memory, slice."""
    return 4 if simd < geometry.channels else 3


def _hidden(layer: Layer, folding: Folding, times: np.ndarray) -> np.ndarray:
    """When every pixel of the layer's output is offered, from when each of its input came."""
    product, pixels = layer.product, folding.pixels
    step = cycles.step(product, folding)
    times = _starts(product.geometry, folding.simd, step, times, pixels)
    times += step - 1 + mvu(product, folding)
    if pixels > 1:
        times = _spaced(np.repeat(times + RASTER, pixels), 1)
    if layer.pool:
        geometry = layer.pool.geometry
        times = _starts(geometry, geometry.channels, geometry.taps, times) + geometry.taps - 1
    return times


def _head(head: Head, folding: Folding, times: np.ndarray) -> int:
    """When the last class is offered; the counts of a pass leave one by one."""
    product, beats = head.product, cycles.beats(head.product, folding)
    passes = cycles.passes(product, folding)
    starts = _starts(product.geometry, folding.simd, passes * beats, times)
    ends = starts[:, None] + beats * (1 + np.arange(passes)) - 1 + mvu(product, folding)
    return int(_spaced(ends.ravel(), folding.pe)[-1]) + folding.pe - 1 + SCORES


def _starts(
    geometry: Geometry, simd: int, step: int, times: np.ndarray, pixels: int = 1
) -> np.ndarray:
    """When the first beat of every output position, or of every ``pixels`` of them, leaves the
    window."""
    rows = _needed(geometry.height, geometry.out_height, 0, geometry)
    columns = _needed(geometry.width, geometry.out_width, 1, geometry)[pixels - 1 :: pixels]
    last = rows[:, None] * geometry.width + columns[None, :]
    return _spaced(times[last.ravel()] + window(geometry, simd), step)


def _needed(size: int, outputs: int, axis: int, geometry: Geometry) -> np.ndarray:
    """The last row or column inside the map that every output row or column reads."""
    starts = np.arange(outputs) * geometry.stride[axis] - geometry.padding[axis]
    return np.minimum(starts + geometry.kernel[axis], size) - 1


def _spaced(ready: np.ndarray, step: int) -> np.ndarray:
    """Starts ``step`` cycles apart at least, none before it is ready."""
    steps = step * np.arange(len(ready))
    return np.maximum.accumulate(ready - steps) + steps
