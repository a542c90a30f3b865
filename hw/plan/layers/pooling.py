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
from hw.plan.memory import divisors
from hw.plan.plan import Folding


def together(pool: Pool, folding: Folding) -> int:
    """Taps of a beat: as many as pixels come in one, or the next number that divides them; all of
    fewer."""
    every = divisors(pool.geometry.taps)
    return next((each for each in every if each >= folding.leaves), every[-1])


def window(pool: Pool, folding: Folding) -> WindowSizes:
    """The window that feeds it: all channels of one tap in a beat, or of several."""
    channels = pool.geometry.channels
    return WindowSizes(
        geometry=sliding(pool.geometry, beat=folding.leaves), channels=channels,
        simd=channels * together(pool, folding), buffer=folding.buffers,
    )  # fmt: skip


def cycles(pool: Pool, folding: Folding) -> dict[str, int]:
    """It writes a beat of bit pixels and reads one of taps a cycle."""
    geometry, taps = pool.geometry, window(pool, folding)
    return {"pool_write": taps.geometry.words, "pool": geometry.positions * taps.step}


def cost(pool: Pool, folding: Folding, family: Family) -> Resources:
    """Cost of its window, of the pool, and of where results wait."""
    taps, geometry = window(pool, folding), pool.geometry
    total = taps.resources(family)
    total += cores.resources(geometry.channels, geometry.taps, taps.together)
    words = creditfifo.words(taps.flight + cores.LATENCY, taps.step)
    return total + creditfifo.resources(geometry.channels, words, family)


def times(pool: Pool, folding: Folding, bits: np.ndarray) -> np.ndarray:
    """Cycles of its pixels, from those of the pixels that it reads."""
    taps = window(pool, folding)
    return timing.starts(taps, bits) + taps.step - 1 + cores.LATENCY
