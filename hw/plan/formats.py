"""Stream formats: how layers hand their maps on, pixel by pixel or in beats of a vector.

A kernel that covers its map reads every input once, in the order in which they come. The layer
before it need not collect whole pixels, which may be hundreds of bits wide: each pass of PE outputs
goes on as it is, and beats of SIMD inputs are kept. A pool makes whole pixels, and stays; so do
several pixels at once, passes of which the last has idle channels, and maps with several readers.

Where a pixel a cycle would be too slow, several come in a beat (`Beats`).
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from hw.network.geometry import Geometry
from hw.plan.plan import Folding


@dataclass(frozen=True, kw_only=True)
class Formats:
    """The two ends of a layer: whether it ``takes``, and may give (``gives``), beats of a vector
    and not pixels."""

    takes: bool = False
    gives: bool = False


PIXELS = Formats()


class Beats(NamedTuple):
    """The two ends of a layer that takes and gives pixels: those of a beat that ``enters``, and of
    one that ``leaves`` for the next layer, or for the pool at its own end."""

    enters: int = 1
    leaves: int = 1


SINGLE = Beats()


def read(geometry: Geometry, folding: Folding, formats: Formats) -> Geometry:
    """The map that a layer's window slides over: its own, or a row of beats."""
    if not formats.takes:
        return geometry
    beats = geometry.size // folding.simd
    return replace(geometry, channels=folding.simd, height=1, width=beats, kernel=(1, beats))


def ratio(width: int, simd: int) -> tuple[int, int]:
    """Beats of ``width`` inputs that make as many beats of ``simd``: the fewest of both."""
    together = math.lcm(width, simd)
    return together // width, together // simd
