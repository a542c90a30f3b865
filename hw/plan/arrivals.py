"""Arrivals: the cycles in which the beats of every map come in an empty pipeline."""

from collections.abc import Mapping, Sequence

import numpy as np

from hw.cores import lookup
from hw.cores.stream import fifo
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import graph
from hw.plan.plan import Folding

Depths = Mapping[tuple[str, int], int]
"""Depths of the FIFOs before layers, by the layer's name and the number of its source."""


def arrivals(
    network: Network,
    foldings: Sequence[Folding],
    entering: np.ndarray,
    pixels: int,
    depths: Depths,
) -> dict[str, np.ndarray]:
    """For the image and every layer's output, by name, the cycles in which its beats are offered;
    ``entering`` are those in which beats of ``pixels`` are taken."""
    times = {IMAGE: entering + lookup.LATENCY}
    ends = graph.formats(network), graph.arriving(network, foldings, pixels)
    every = zip(graph.layers(network), foldings, *ends, strict=True)
    for layer, folding, formats, arriving in every:
        sources = [
            times[source] + fifo.LATENCY * ((layer.name, number) in depths)
            for number, source in enumerate(layer.sources)
        ]
        times[layer.output] = layer.times(folding, formats, arriving, *sources)
    return times
