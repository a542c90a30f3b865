"""Everything that layers with a product share: window, matrix-vector unit, foldings."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product as triples
from math import gcd
from typing import ClassVar

import numpy as np

from boards.board import Family
from boards.resources import Resources
from hw.cores.fabric.home import Home
from hw.cores.mvu import cost as mvu
from hw.cores.mvu import sizes
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.stream import converter, skid
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes, parts
from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.product import Product
from hw.plan import memory, timing
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats, read
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.memory import (
    beat_choices,
    pe_choices,
    pixel_choices,
    reuse_choices,
    simd_choices,
)
from hw.plan.plan import Folding

HOMES: tuple[Home, ...] = ("block", "lut")


def integers(network: Network, product: Product) -> int:
    """Bits of an integer of the map that a layer before a product gives; 0 of bits or the image."""
    (source,) = product.sources
    values = network.values[source]
    return 0 if source == IMAGE or values == BITS else memory.element_bits(values)


def sliding(
    geometry: Geometry, pixels: int = 1, reuse: int = 1, beat: int = 1
) -> WindowGeometry:
    """A kernel that reads so many output pixels at once for each use of a word of weights, of a map
    of which ``beat`` pixels come at once."""
    columns = replace(geometry.columns, pixels=pixels * reuse)
    return WindowGeometry(rows=geometry.rows, columns=columns, reuse=reuse, beat=beat)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProductLayer(Layer):
    """A layer that begins with a product.

    ``integers`` are the bits of an integer of the map that another layer gives; 0: it reads bits,
    or the image.
    """

    alone: ClassVar[bool] = False
    """Sums leave one after the other: of a pixel at a time, as many from every pass."""

    product: Product
    integers: int = 0

    @property
    def copies(self) -> int:
        """Thresholds, or scores, of an accumulator."""
        return 1

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.integers or self.element,)

    def lanes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return self.comes(folding, formats) // self._parts(folding, formats)

    def comes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        if formats.takes:
            return folding.simd
        return folding.enters * self.product.geometry.channels

    def _parts(self, folding: Folding, formats: Formats) -> int:
        """Words of a pixel in the window."""
        channels = folding.simd if formats.takes else self.product.geometry.channels
        return parts(channels, folding.simd, folding.enters)

    @property
    def element(self) -> int:
        """Bits of an input."""
        return memory.element_bits(self.product.inputs)

    @property
    def reads_vector(self) -> bool:
        return self.product.geometry.whole

    def passes(self, folding: Folding) -> int:
        """Times that a window is read, as of `hw.cores.mvu.sizes.passes`."""
        return sizes.passes(self.product.outputs, folding.pe)

    def step(self, folding: Folding) -> int:
        """Cycles of an output position, or of as many side by side as share the weights."""
        beats = self.product.geometry.size // folding.simd
        return self.passes(folding) * beats * folding.reuse

    def given(self, folding: Folding) -> int:
        """Bits, or counts, that a pass ends with for each pixel, idle ones included."""
        return folding.pe * self.copies

    def window(self, folding: Folding, formats: Formats = PIXELS) -> WindowSizes:
        """The window that feeds the product: every pass of every position."""
        geometry = read(self.product.geometry, folding, formats)
        return WindowSizes(
            geometry=sliding(geometry, folding.pixels, folding.reuse, folding.enters),
            channels=geometry.channels,
            element=self.element,
            simd=folding.simd,
            passes=self.passes(folding),
            buffer=folding.buffers,
        )

    def unit(self, folding: Folding, window: WindowSizes) -> MvuSizes:
        """The matrix-vector unit that computes the product, fed by its `window`.

        Raises
        ------
        ValueError
            SIMD does not divide the inputs, or there are several words of weights for logic.
        """
        product, in_memory = self.product, folding.weights in HOMES
        return MvuSizes(
            outputs=product.outputs,
            inputs=product.geometry.size,
            pe=folding.pe,
            simd=folding.simd,
            pixels=folding.pixels,
            reuse=folding.reuse,
            copies=self.copies,
            shared=gcd(product.shared, folding.simd) if in_memory else 1,
            element=self.element,
            home=folding.weights,
            flight=window.flight,
            thresholds=self.border_classes(folding),
            totals=self.totals,
            few_registers=folding.few_registers,
        )

    @property
    def totals(self) -> int:
        """Bits of a sum of products that leaves; 0 where none does."""
        return 0

    @abstractmethod
    def border_classes(self, folding: Folding) -> int:
        """Border classes that the thresholds differ by; 0 without thresholds."""

    def entering(self, formats: Formats = PIXELS) -> list[int]:
        """Those for which some position begins with each word of them, as a whole row does."""
        if formats.takes or self.integers:
            return [1]
        geometry = self.product.geometry
        advance = geometry.stride[1] if self.alone and geometry.out_width > 1 else 0
        return [each for each in beat_choices(geometry.width) if advance % each == 0]

    def foldings(self, formats: Formats = PIXELS, beats: Beats = SINGLE) -> Iterator[Folding]:
        """Every folding that is worth building, but for more pixels at once than there are cycles
        to pass them on."""
        geometry, (enters, leaves) = self.product.geometry, beats
        for folding in self._foldings(formats, leaves):
            together = folding.together
            fits = together == geometry.out_width or together * geometry.stride[1] % enters == 0
            if fits and together % leaves == 0:
                yield replace(folding, enters=enters, leaves=leaves) if beats != SINGLE else folding

    def _foldings(self, formats: Formats, leaves: int) -> Iterator[Folding]:
        """Of any beats. Only of a block's ports is there anything to save by words of weights that
        are used again."""
        product, alone = self.product, self.alone
        several = [1] if alone else pixel_choices(product.geometry)
        for pe in pe_choices(product, even=alone):
            for simd in simd_choices(product.geometry, vector=formats.takes):
                words = sizes.passes(product.outputs, pe) * (product.geometry.size // simd)
                at_once = [pixels for pixels in several if pixels <= words * leaves]
                homes = sizes.homes(words, self.element)
                for pixels, weights, buffers in triples(at_once, homes, HOMES):
                    once = alone or weights != "block"
                    for reuse in [1] if once else reuse_choices(product, pixels):
                        yield Folding(
                            pe=pe, simd=simd, weights=weights, buffers=buffers, pixels=pixels,
                            reuse=reuse,
                        )  # fmt: skip

    def cycles(self, folding: Folding, formats: Formats = PIXELS) -> dict[str, int]:
        """``write`` is a word a cycle into the window's buffer, ``product`` a beat of inputs
        a cycle out of it and through the matrix-vector unit. Beats of a vector are written as they
        are read, and never take longer."""
        geometry = self.product.geometry
        written = geometry.height * geometry.width * self._parts(folding, formats)
        cycles = {} if formats.takes else {"write": written // folding.enters}
        cycles["product"] = geometry.positions // folding.together * self.step(folding)
        return cycles

    def utilisation(self, folding: Folding, interval: int) -> float:
        """Share of the cycles in which the matrix-vector unit works."""
        return self.cycles(folding)["product"] / interval

    def takes(self, folding: Folding, formats: Formats = PIXELS) -> int:
        return folding.simd * self.widths[0] * formats.takes

    def read_cost(
        self, window: WindowSizes, unit: MvuSizes, starts: Resources | None, *,
        formats: Formats, family: Family,
    ) -> Resources:
        """Cost of all up to the unit's results, in LUT4 and flip-flops of ECP5; ``starts`` is that
        of the thresholds' memory."""
        total = window.resources(family)
        if not (formats.takes or self.integers):
            word = window.word * window.parts
            total += skid.resources(word, family) + converter.converted(word, window.word)
        return total + mvu.resources(unit, inputs=window.inputs, starts=starts, family=family)

    def begun(
        self, folding: Folding, formats: Formats, arriving: Arriving, times: np.ndarray
    ) -> np.ndarray:
        """Cycles in which the first beat of every position leaves the window."""
        came = arriving[0] or self.comes(folding, formats)
        entered = timing.entered(times, came, self.lanes(folding, formats))
        return timing.starts(self.window(folding, formats), entered)

    def passed(
        self, folding: Folding, formats: Formats, arriving: Arriving, times: np.ndarray
    ) -> np.ndarray:
        """Cycles in which every pass of every position is done."""
        unit = self.unit(folding, self.window(folding, formats))
        begun = self.begun(folding, formats, arriving, times)
        ends = begun[:, None] + unit.beats * (1 + np.arange(unit.passes)) - 1 + unit.latency
        return ends.ravel()
