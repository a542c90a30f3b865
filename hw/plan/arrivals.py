"""Arrivals: the cycles in which the beats of every map come in an empty pipeline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hw.cores import lookup
from hw.cores.stream import fifo
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import graph
from hw.plan.formats import Formats
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.plan import Folding

Depths = Mapping[tuple[str, int], int]
"""Depths of the FIFOs before layers, by the layer's name and the number of its source."""


class Reader(NamedTuple):
    """A layer as it is folded, and the cycles in which its sources offer their beats."""

    layer: Layer
    folding: Folding
    formats: Formats
    arriving: Arriving
    sources: Sequence[np.ndarray]


def arrivals(
    network: Network,
    foldings: Sequence[Folding],
    entering: np.ndarray,
    pixels: int,
    depths: Depths,
) -> dict[str, np.ndarray]:
    """For the image and every layer's output, by name, the cycles in which its beats are offered;
    ``entering`` are those in which beats of ``pixels`` are taken."""
    times: dict[str, np.ndarray] = {}
    for _ in passing(network, foldings, entering, pixels, depths, times):
        pass
    return times


def passing(
    network: Network,
    foldings: Sequence[Folding],
    entering: np.ndarray,
    pixels: int,
    depths: Depths,
    times: dict[str, np.ndarray],
) -> Iterator[Reader]:
    """Fills ``times`` as of `arrivals`, layer by layer; each is told before its FIFOs in ``depths``
    are looked for, so that they may be found on the way."""
    times[IMAGE] = entering + lookup.LATENCY
    arriving = graph.arriving(network, foldings, pixels)
    for (layer, folding, formats), came in zip(
        graph.folded(network, foldings), arriving, strict=True
    ):
        sources = [times[source] for source in layer.sources]
        yield Reader(layer, folding, formats, came, sources)
        sources = [
            each + fifo.LATENCY * ((layer.name, number) in depths)
            for number, each in enumerate(sources)
        ]
        times[layer.output] = layer.times(folding, formats, came, *sources)
