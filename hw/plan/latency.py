"""Latency of a frame through an empty accelerator, in exact cycles, without simulating a signal."""

import numpy as np

from hw.cores import lookup
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import entry, graph
from hw.plan.plan import Folding


def latency(network: Network, foldings: tuple[Folding, ...], pixels: int = 1) -> int:
    """Cycles from the first beat taken to the class, one of ``pixels`` coming every cycle."""
    return latencies(network, foldings, pixels)[-1]


def latencies(
    network: Network, foldings: tuple[Folding, ...], pixels: int = 1
) -> tuple[int, ...]:
    """For every layer the cycle of the first frame's last output; of the head, of its class."""
    times = {IMAGE: np.arange(entry.beats(network, pixels)) + lookup.LATENCY}
    ends = graph.formats(network), graph.arriving(network, foldings, pixels)
    every = graph.layers(network)
    for layer, folding, formats, arriving in zip(every, foldings, *ends, strict=True):
        sources = [times[source] for source in layer.sources]
        times[layer.output] = layer.times(folding, formats, arriving, *sources)
    return tuple(int(times[layer.output][-1]) for layer in every)
