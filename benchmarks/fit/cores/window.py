"""Windows of layers and of pools, with the border classes that zero padding makes."""

import random
from typing import Any

import numpy as np

from benchmarks.fit.bench import Bench, Figure, Sizes, log_uniform
from hw.cores.window import sizes as cost
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.product import Product
from hw.plan import memory
from hw.plan.layers.product import sliding

BITS_OF_A_BEAT = 1000
"""At most, of all its pixels: a window takes seconds."""


def draw(rng: random.Random) -> Sizes:
    kernel, size = rng.choice([1, 2, 3, 3, 3, 5]), rng.choice([5, 7, 8, 14, 16, 28, 32])
    covering = rng.random() < 0.2
    if covering:
        kernel = size = rng.choice([1, 3, 4, 7])
    pooling = kernel == 2
    padding = int(kernel == 3 and not covering and rng.random() < 0.6)
    element = 1 if pooling else rng.choice([1, 1, 1, 3, 6, 8])
    channels = rng.choice([8, 16, 24, 32, 64, 128] if element == 1 else [1, 3])
    outputs = (size + 2 * padding - kernel) // (2 if pooling else 1) + 1
    several = [count for count in range(1, 9) if outputs % count == 0 and not pooling]
    pixels = rng.choice(several or [1])
    several = [reuse for reuse in (1, 1, 2, 4) if outputs % (pixels * reuse) == 0]
    reuse = 1 if pooling else rng.choice(several)
    taps = kernel * kernel
    beats = [part for part in range(1, channels + 1) if channels % part == 0]
    beats += [channels * part for part in range(2, taps + 1) if taps % part == 0]
    advance = (1 + pooling) * pixels * reuse * (pixels * reuse < outputs)
    beats_in = [beat for beat in (2, 4) if size % beat == 0 and advance % beat == 0]
    fitting = [simd for simd in beats if simd * element * pixels <= BITS_OF_A_BEAT]
    return {
        "size": size, "kernel": kernel, "stride": 1 + pooling, "padding": padding,
        "channels": channels, "element": element, "pixels": pixels, "reuse": reuse,
        "simd": channels if pooling else rng.choice(fitting),
        "passes": 1 if pooling else log_uniform(rng, 1, 64),
        "buffer": rng.choice(["block", "lut"]), "beat": rng.choice([1, *beats_in]),
    }  # fmt: skip


def _geometry(size: int, kernel: int, stride: int, padding: int, channels: int) -> Geometry:
    return Geometry(
        channels=channels, height=size, width=size, kernel=(kernel, kernel),
        stride=(stride, stride), padding=(padding, padding), pad="zero" if padding else "none",
    )  # fmt: skip


def _sizes(
    *, pixels: int, reuse: int, simd: int, passes: int, element: int, buffer: Any, beat: int,
    **slides: int,
) -> WindowSizes:  # fmt: skip
    return WindowSizes(
        geometry=sliding(_geometry(**slides), pixels, reuse, beat), channels=slides["channels"],
        simd=simd, element=element, passes=passes, buffer=buffer,
    )  # fmt: skip


def build(**given: Any) -> Window:
    names = ("size", "kernel", "stride", "padding", "channels")
    geometry = _geometry(**{name: given[name] for name in names})
    weights = np.ones((1, *geometry.kernel, geometry.channels), np.int8)
    product = Product(
        name="drawn", sources=(IMAGE,), geometry=geometry, weights=weights, inputs=BITS
    )
    rows, columns = memory.border_classes(product, given["pixels"] * given["reuse"])
    return Window(_sizes(**given), row_class=rows, column_class=columns)


def figures(**given: Any) -> list[Figure]:
    sizes = _sizes(**given)
    arguments = sizes, sizes.memory(), sizes.counted
    return [
        Figure(formula=cost.lut, cells="lut", terms=cost.lut.terms(*arguments)),
        Figure(formula=cost.ff, cells="ff", terms=cost.ff.terms(*arguments)),
    ]


BENCH = Bench(draw=draw, build=build, figures=figures)
