"""Hidden layer: a product, its thresholds and perhaps a pool. A map in, a map of bits out."""

from dataclasses import dataclass

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores import pool as pools
from hw.cores.mvu import signedsum
from hw.cores.mvu import thresholds as memories
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import whole_passes
from hw.cores.stream import converter, creditfifo, serialiser
from hw.cores.window.sizes import WindowSizes
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from hw.plan import memory, timing
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.layer import Cost
from hw.plan.layers.product import ProductLayer, sliding
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenLayer(ProductLayer):
    """Product and threshold in one matrix-vector unit, and a pool behind it."""

    threshold: Threshold
    pool: Pool | None = None

    @classmethod
    def match(cls, network: Network, node: Node) -> "HiddenLayer | None":
        if not isinstance(node, Product):
            return None
        match network.readers(node.name):
            case (Threshold() as threshold,) if not threshold.negated.any():
                pass
            case _:
                return None
        match network.readers(threshold.name):
            case (Pool() as pool,):
                return cls(product=node, threshold=threshold, pool=pool)
        return cls(product=node, threshold=threshold)

    @property
    def nodes(self) -> tuple[Node, ...]:
        ours = self.product, self.threshold
        return ours if self.pool is None else (*ours, self.pool)

    @property
    def copies(self) -> int:
        return self.channels // self.product.outputs

    @property
    def channels(self) -> int:
        """Bits of an output pixel."""
        return self.threshold.channels

    @property
    def gives_vector(self) -> bool:
        return self.pool is None

    def in_beats(self, folding: Folding, formats: Formats) -> bool:
        """True if each pass goes on as it is: where a vector is read, from one pixel at a time and
        passes that are all alike."""
        even = self.product.outputs % folding.pe == 0
        return formats.gives and folding.together == 1 and even

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return self.given(folding) if self.in_beats(folding, formats) else self.channels

    def border_classes(self, folding: Folding) -> int:
        return memory.classes(self.product, folding.together)

    def pool_window(self, folding: Folding) -> WindowSizes:
        """The window that feeds the pool: all channels of one tap in a beat."""
        assert self.pool is not None, "no pool"
        channels = self.pool.geometry.channels
        return WindowSizes(
            geometry=sliding(self.pool.geometry),
            channels=channels,
            simd=channels,
            buffer=folding.buffers,
        )

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """As of a product; ``serialiser`` is a pixel a cycle out of those done together. A pool
        writes every bit pixel and reads a tap a cycle."""
        cycles = super().cycles(folding, formats)
        positions = self.product.geometry.positions
        if folding.together > 1:
            cycles["serialiser"] = positions
        if self.pool:
            cycles["pool_write"] = positions
            cycles["pool"] = self.pool.geometry.positions * self.pool.geometry.taps
        return cycles

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        return _HiddenCost(self, formats, family)

    def times(
        self, folding: Folding, formats: Formats, arriving: int | None, *times: np.ndarray
    ) -> np.ndarray:
        (entering,) = times
        if self.in_beats(folding, formats):
            return self.passed(folding, formats, arriving, entering)
        window = self.window(folding, formats)
        done = timing.starts(window, timing.entered(entering, arriving, folding.simd))
        done = done + window.step - 1 + self.unit(folding, window).latency
        if folding.together > 1:
            done = timing.spaced(np.repeat(done + serialiser.LATENCY, folding.together), 1)
        if self.pool:
            done = timing.starts(self.pool_window(folding), done)
            done = done + self.pool.geometry.taps - 1 + pools.LATENCY
        return done


class _HiddenCost:
    """The costs of a layer under any folding.

    What is the same for many, above all the limits of its channels, is worked out once.
    """

    def __init__(self, layer: HiddenLayer, formats: Formats, family: Family) -> None:
        self._layer, self._formats, self._family = layer, formats, family
        self._limits_of: dict[tuple[int, ...], np.ndarray] = {}
        self._starts_of: dict[tuple[int, ...], Resources] = {}

    def __call__(self, folding: Folding) -> Resources:
        layer, family = self._layer, self._family
        window = layer.window(folding, self._formats)
        unit = layer.unit(folding, window)
        total = layer.read_cost(
            window, unit, self._starts(unit), formats=self._formats, family=family
        )
        if not layer.in_beats(folding, self._formats):
            beats = unit.passes * folding.reuse
            total += converter.widened(folding.pixels * layer.given(folding), beats)
        if folding.together > 1:
            total += serialiser.resources(layer.channels, folding.together)
        if layer.pool:
            geometry = layer.pool.geometry
            taps = layer.pool_window(folding)
            total += taps.resources(family)
            total += pools.resources(geometry.channels, geometry.taps)
            words = creditfifo.words(taps.flight + pools.LATENCY, geometry.taps)
            total += creditfifo.resources(geometry.channels, words)
        return packed(total, family)

    def _starts(self, sizes: MvuSizes) -> Resources:
        """Cost of the threshold memory, whatever the homes of weights and buffers are."""
        simd = sizes.simd if sizes.element > 1 else 1
        differing = sizes.pe, sizes.pixels, sizes.reuse, simd
        if differing not in self._starts_of:
            limits = self._side_by_side(sizes.pixels, sizes.reuse)
            words = memories.start_words(sizes, limits, self._excess(sizes))
            self._starts_of[differing] = memories.resources(sizes, words, self._family)
        return self._starts_of[differing]

    def _side_by_side(self, *shared: int) -> np.ndarray:
        """int64 (classes, uses, different pixels, MH): limits of so many pixels at once, for so
        many uses of a word of weights."""
        if shared not in self._limits_of:
            limits = memory.limits_by_use(self._layer.product, self._layer.threshold, *shared)
            self._limits_of[shared] = np.unique(limits, axis=2)
        return self._limits_of[shared]

    def _excess(self, sizes: MvuSizes) -> np.ndarray:
        """By how much lanes give more than a count, row by row: as if nothing for idle rows, which
        are few, and for bits, of which it is known only once their sums are made in logic."""
        if sizes.element == 1:
            return np.zeros(sizes.passes * sizes.pe, np.int64)
        weights = self._layer.product.weights.reshape(sizes.outputs, -1)
        return whole_passes(signedsum.excess(weights, sizes.simd), sizes.pe)


LAYER = HiddenLayer
