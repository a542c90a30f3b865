"""Sizes of the cores of a layer, from the layer and its folding."""

from dataclasses import replace

from hw.cores.mvu.sizes import MvuSizes
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes
from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Product
from hw.plan import cycles, joints, memory
from hw.plan.joints import PIXELS, Joint
from hw.plan.plan import Folding


def sliding(geometry: Geometry, pixels: int = 1, turns: int = 1) -> WindowGeometry:
    """A kernel that reads so many output pixels at once in each of the turns."""
    columns = replace(geometry.columns, pixels=pixels * turns)
    return WindowGeometry(rows=geometry.rows, columns=columns, turns=turns)


def window(product: Product, folding: Folding, joint: Joint = PIXELS) -> WindowSizes:
    """The window that feeds a product: every pass of every position."""
    geometry = joints.read(product, folding, joint)
    return WindowSizes(
        geometry=sliding(geometry, folding.pixels, folding.held),
        channels=geometry.channels,
        element=memory.element_bits(product),
        simd=folding.simd,
        passes=cycles.passes(product, folding),
        buffer=folding.buffers,
    )


def pool_window(geometry: Geometry, folding: Folding) -> WindowSizes:
    """The window that feeds a pool: all channels of one tap in a beat."""
    return WindowSizes(
        geometry=sliding(geometry),
        channels=geometry.channels,
        simd=geometry.channels,
        buffer=folding.buffers,
    )


def mvu(layer: Layer | Head, folding: Folding, window: WindowSizes) -> MvuSizes:
    """The unit that computes the product of a layer, fed by its `window`.

    Raises
    ------
    ValueError
        SIMD does not divide the inputs, or there are several words of weights for logic.
    """
    product = layer.product
    return MvuSizes(
        outputs=product.outputs,
        inputs=product.geometry.size,
        pe=folding.pe,
        simd=folding.simd,
        pixels=folding.pixels,
        held=folding.held,
        copies=layer.copies,
        element=memory.element_bits(product),
        home=folding.weights,
        flight=window.flight,
        thresholds=0 if isinstance(layer, Head) else memory.classes(product, folding.together),
    )
