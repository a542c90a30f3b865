"""A pool at the end of a layer: its window over pixels of bits, its cycles and its cost."""

import numpy as np

from boards.board import Family
from boards.resources import Resources
from hw.cores import pool as cores
from hw.cores.stream import creditfifo
from hw.cores.window.sizes import WindowSizes
from hw.network.nodes.pool import Pool
from hw.plan import timing
from hw.plan.layers.product import sliding
from hw.plan.plan import Folding


def window(pool: Pool, folding: Folding) -> WindowSizes:
    """The window that feeds it: all channels of one tap in a beat."""
    channels = pool.geometry.channels
    return WindowSizes(
        geometry=sliding(pool.geometry), channels=channels, simd=channels, buffer=folding.buffers
    )


def cycles(pool: Pool) -> dict[str, int]:
    """It writes every bit pixel and reads a tap a cycle."""
    geometry = pool.geometry
    return {"pool_write": geometry.height * geometry.width,
            "pool": geometry.positions * geometry.taps}


def cost(pool: Pool, folding: Folding, family: Family) -> Resources:
    """Cost of its window, of the pool, and of where results wait."""
    taps, geometry = window(pool, folding), pool.geometry
    total = taps.resources(family) + cores.resources(geometry.channels, geometry.taps)
    words = creditfifo.words(taps.flight + cores.LATENCY, geometry.taps)
    return total + creditfifo.resources(geometry.channels, words, family)


def times(pool: Pool, folding: Folding, bits: np.ndarray) -> np.ndarray:
    """Cycles of its pixels, from those of the pixels that it reads."""
    return timing.starts(window(pool, folding), bits) + pool.geometry.taps - 1 + cores.LATENCY
