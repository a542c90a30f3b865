"""Hidden layer: a product, its thresholds and perhaps a pool. A map in, a map of bits out."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.stream import converter, serialiser
from hw.cores.window.sizes import WindowSizes
from hw.network.network import Network
from hw.network.nodes.node import Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from hw.plan import memory, timing
from hw.plan.cost import packed
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers import pooling
from hw.plan.layers.layer import Arriving, Cost
from hw.plan.layers.product import ProductLayer, integers
from hw.plan.layers.starts import Starts
from hw.plan.memory import beat_choices
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
        came = integers(network, node)
        match network.readers(threshold.name):
            case (Pool() as pool,):
                return cls(product=node, threshold=threshold, pool=pool, integers=came)
        return cls(product=node, threshold=threshold, integers=came)

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

    def leaving(self, formats: Formats = PIXELS) -> list[int]:
        """Those that divide a row, and where a pool follows its stride; one before a vector."""
        every = [1] if formats.gives else beat_choices(self.product.geometry.out_width)
        stride = self.pool.geometry.stride[1] if self.pool else 0
        return [each for each in every if stride % each == 0]

    @property
    def made(self) -> str:
        return self.threshold.name

    def in_beats(self, folding: Folding, formats: Formats) -> bool:
        """True if each pass goes on as it is: where a vector is read, from one pixel at a time and
        passes that are all alike."""
        even = self.product.outputs % folding.pe == 0
        return formats.gives and folding.together == 1 and even

    def far(self, folding: Folding, formats: Formats) -> bool:
        """True if what is done together lies far apart, so that its widener is registered."""
        together = self.channels * folding.together
        return not self.in_beats(folding, formats) and together > converter.WIDE

    def handed(self, folding: Folding, formats: Formats = PIXELS) -> int:
        if self.in_beats(folding, formats):
            return self.given(folding)
        return self.channels * (1 if self.pool else folding.leaves)

    def border_classes(self, folding: Folding) -> int:
        return memory.classes(self.product, folding.together)

    def pool_window(self, folding: Folding) -> WindowSizes:
        """The window that feeds the pool."""
        assert self.pool is not None, "no pool"
        return pooling.window(self.pool, folding)

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """As of a product; ``serialiser`` is a beat a cycle out of the pixels done together."""
        cycles = super().cycles(folding, formats)
        if folding.parts > 1:
            cycles["serialiser"] = self.product.geometry.positions // folding.leaves
        if self.pool:
            cycles |= pooling.cycles(self.pool, folding)
        return cycles

    def cost(self, formats: Formats = PIXELS, *, family: Family = ECP5) -> Cost:
        limits = partial(memory.limits_by_use, self.product, self.threshold)
        starts = Starts(self.product, limits, family)

        def cost(folding: Folding) -> Resources:
            window = self.window(folding, formats)
            unit = self.unit(folding, window)
            total = self.read_cost(window, unit, starts(unit), formats=formats, family=family)
            if not self.in_beats(folding, formats):
                beats = unit.passes * folding.reuse
                given, far = folding.pixels * self.given(folding), self.far(folding, formats)
                total += converter.widened(given, beats, far)
            if folding.parts > 1:
                total += serialiser.resources(self.channels * folding.leaves, folding.parts)
            if self.pool:
                total += pooling.cost(self.pool, folding, family)
            return packed(total, family)

        return cost

    def times(
        self, folding: Folding, formats: Formats, arriving: Arriving, *times: np.ndarray
    ) -> np.ndarray:
        (entering,) = times
        if self.in_beats(folding, formats):
            return self.passed(folding, formats, arriving, entering)
        window = self.window(folding, formats)
        done = self.begun(folding, formats, arriving, entering)
        done = done + window.step - 1 + self.unit(folding, window).latency
        done = done + converter.LATENCY * self.far(folding, formats)
        if folding.parts > 1:
            done = timing.spaced(np.repeat(done + serialiser.LATENCY, folding.parts), 1)
        return pooling.times(self.pool, folding, done) if self.pool else done


LAYER = HiddenLayer
