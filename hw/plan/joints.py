"""How layers hand their maps on: pixel by pixel, or in parts where the next one reads a vector.

A kernel that covers its map reads every input once, in the order in which they come. What comes
before it need not collect whole pixels, which may be hundreds of bits wide: each pass of PE outputs
goes on as it is, and beats of SIMD inputs are kept. A pool makes whole pixels, and stays; so do
several pixels at once, and passes of which the last has idle channels.
"""

import math
from dataclasses import dataclass, replace

from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Network, Product
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True)
class Joint:
    """The two ends of a layer: whether it ``takes``, and may give (``gives``), parts of a vector
    and not pixels."""

    takes: bool = False
    gives: bool = False


PIXELS = Joint()


def joints(network: Network) -> tuple[Joint, ...]:
    """Those of every product in order, the head's last."""
    pooled = [False, *(layer.pool is not None for layer in network.layers)]
    takes = [
        _covers(product.geometry) and not before
        for product, before in zip(network.products, pooled, strict=True)
    ]
    gives = [*takes[1:], False]
    return tuple(Joint(takes=a, gives=b) for a, b in zip(takes, gives, strict=True))


def read(product: Product, folding: Folding, joint: Joint) -> Geometry:
    """What the layer's window slides over: its map, or a row of beats."""
    geometry = product.geometry
    if not joint.takes:
        return geometry
    beats = geometry.size // folding.simd
    return replace(geometry, channels=folding.simd, height=1, width=beats, kernel=(1, beats))


def given(layer: Layer | Head, folding: Folding) -> int:
    """Bits, or counts of a head, that a pass ends with for each pixel, idle ones included."""
    return folding.pe * layer.copies


def in_parts(layer: Layer | Head, folding: Folding, joint: Joint) -> bool:
    """Whether a pass goes on as it is: where a vector is read, from one pixel at a time and passes
    that are all alike."""
    return joint.gives and folding.together == 1 and layer.product.outputs % folding.pe == 0


def handed(layer: Layer, folding: Folding, joint: Joint) -> int:
    """Bits of a beat that a layer hands on: of a pass, or of a pixel."""
    return given(layer, folding) if in_parts(layer, folding, joint) else layer.channels


def ratio(width: int, simd: int) -> tuple[int, int]:
    """Parts of ``width`` inputs that make as many beats of ``simd``: the fewest of both."""
    together = math.lcm(width, simd)
    return together // width, together // simd


def _covers(geometry: Geometry) -> bool:
    return geometry.kernel == (geometry.height, geometry.width) and not any(geometry.padding)
