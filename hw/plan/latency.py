"""Latency of a frame through an empty accelerator, in exact cycles, without simulating a signal.

Every part starts an output position when it has what it needs and is done with the one before. With
D cycles a position, ``start[p] = max(ready[p], start[p - 1] + D)``: a running maximum. Buffers
never hold a reader up (`hw.cores.window.depth`), so what comes behind a part cannot delay it.
"""

import numpy as np

from hw.cores import lookup, pool, scores
from hw.cores.stream import serialiser, skid
from hw.cores.window.sizes import WindowSizes
from hw.network.layers import Head, Layer, Network
from hw.plan import cycles, entry, joints, units
from hw.plan.joints import Joint
from hw.plan.plan import Folding


def latency(network: Network, foldings: tuple[Folding, ...], pixels: int = 1) -> int:
    """Cycles from the first beat taken to the class, one of ``pixels`` coming every cycle."""
    return latencies(network, foldings, pixels)[-1]


def latencies(
    network: Network, foldings: tuple[Folding, ...], pixels: int = 1
) -> tuple[int, ...]:
    """For every layer the cycle of the first frame's last output; of the head, of its class."""
    times = np.arange(entry.beats(network, pixels)) + lookup.LATENCY
    width, last = network.input_shape[0] * pixels, list[int]()
    *hidden, end = joints.joints(network)
    for layer, folding, joint in zip(network.layers, foldings[:-1], hidden, strict=True):
        times = _hidden(layer, folding, joint, _regrouped(times, width, folding, joint))
        width = joints.handed(layer, folding, joint)
        last.append(int(times[-1]))
    times = _regrouped(times, width, foldings[-1], end)
    return *last, _head(network.head, foldings[-1], end, times)


def _regrouped(times: np.ndarray, width: int, folding: Folding, joint: Joint) -> np.ndarray:
    """When every pixel comes into a layer's window, or every beat of SIMD inputs, of a vector in
    parts of ``width``."""
    times = times + skid.LATENCY
    if not joint.takes:
        return times
    gathered, scattered = joints.ratio(width, folding.simd)
    whole = times[gathered - 1 :: gathered] + (min(gathered, scattered) > 1)
    return (_spaced(whole, scattered)[:, None] + np.arange(scattered)).ravel()


def _hidden(layer: Layer, folding: Folding, joint: Joint, times: np.ndarray) -> np.ndarray:
    """When every pixel of the layer's output, or every pass of it, is offered, from when each of
    its input came."""
    product, pixels = layer.product, folding.together
    if joints.in_parts(layer, folding, joint):
        return _passes(layer, folding, joint, times)
    step = cycles.step(product, folding)
    window = units.window(product, folding, joint)
    times = _starts(window, times)
    times += step - 1 + units.mvu(layer, folding, window).latency
    if pixels > 1:
        times = _spaced(np.repeat(times + serialiser.LATENCY, pixels), 1)
    if layer.pool:
        geometry = layer.pool.geometry
        times = _starts(units.pool_window(geometry, folding), times)
        times += geometry.taps - 1 + pool.LATENCY
    return times


def _head(head: Head, folding: Folding, joint: Joint, times: np.ndarray) -> int:
    """When the last class is offered; the counts of a pass leave one by one."""
    ends = _passes(head, folding, joint, times)
    return int(_spaced(ends, folding.pe)[-1]) + folding.pe - 1 + scores.LATENCY


def _passes(
    layer: Layer | Head, folding: Folding, joint: Joint, times: np.ndarray
) -> np.ndarray:
    """When every pass of every position is done."""
    window = units.window(layer.product, folding, joint)
    unit = units.mvu(layer, folding, window)
    starts = _starts(window, times)
    ends = starts[:, None] + unit.beats * (1 + np.arange(unit.passes)) - 1 + unit.latency
    return ends.ravel()


def _starts(window: WindowSizes, times: np.ndarray) -> np.ndarray:
    """When the first beat of every position leaves the window."""
    geometry = window.geometry
    rows, columns = range(geometry.rows.steps), range(geometry.columns.steps)
    last = np.array([[geometry.needs(row, column) - 1 for column in columns] for row in rows])
    return _spaced(times[last.ravel()] + window.latency, window.step)


def _spaced(ready: np.ndarray, step: int) -> np.ndarray:
    """Starts ``step`` cycles apart at least, none before it is ready."""
    steps = step * np.arange(len(ready))
    return np.maximum.accumulate(ready - steps) + steps
