"""Exact cycles: what a frame takes in every part of a layer, and when its answer is there."""

from hw.cores.mvu import sizes
from hw.network.layers import Head, Layer, Network, Product
from hw.plan.joints import PIXELS, Joint
from hw.plan.plan import Folding


def products(network: Network) -> tuple[Layer | Head, ...]:
    """Everything that is folded, in order: the hidden layers, then the head."""
    return (*network.layers, network.head)


def passes(product: Product, folding: Folding) -> int:
    """How often a window is read, as of `hw.cores.mvu.sizes.passes`."""
    return sizes.passes(product.outputs, folding.pe)


def beats(product: Product, folding: Folding) -> int:
    """Beats of one dot product: inputs / SIMD."""
    return product.geometry.size // folding.simd


def step(product: Product, folding: Folding) -> int:
    """Cycles of an output position, or of as many side by side as share the weights."""
    return passes(product, folding) * beats(product, folding) * folding.held


def parts(layer: Layer | Head, folding: Folding, joint: Joint = PIXELS) -> dict[str, int]:
    """Cycles of a frame in every part of a layer; the parts work at the same time.

    ``write`` is a pixel a cycle into the window's buffer, ``product`` a beat a cycle out of it and
    through the matrix-vector unit, ``raster`` a pixel a cycle out of those done together.
    A pool writes every bit pixel and reads a tap a cycle; a head takes its counts one by one.
    Parts of a vector are written in the beats that are read, and never take longer.
    """
    product = layer.product
    geometry = product.geometry
    cycles = {} if joint.takes else {"write": geometry.height * geometry.width}
    cycles["product"] = geometry.positions // folding.together * step(product, folding)
    if folding.together > 1:
        cycles["raster"] = geometry.positions
    if isinstance(layer, Head):
        cycles["scores"] = geometry.positions * product.outputs
    elif layer.pool:
        cycles["pool_write"] = geometry.positions
        cycles["pool"] = layer.pool.geometry.positions * layer.pool.geometry.taps
    return cycles


def frame(layer: Layer | Head, folding: Folding, joint: Joint = PIXELS) -> int:
    """Cycles between frames that this layer alone would allow: its slowest part."""
    return max(parts(layer, folding, joint).values())


def utilisation(layer: Layer | Head, folding: Folding, interval: int) -> float:
    """Share of the cycles in which the layer's matrix-vector unit works."""
    return parts(layer, folding)["product"] / interval
