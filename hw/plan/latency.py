"""Latency of a frame through an empty accelerator, in exact cycles, without simulating a signal.

Where maps join, a layer behind that is the slowest of all may hold both branches up, which adds
some cycles that are not counted: two, in one of fifty drawn networks.
"""

from collections.abc import Sequence

import numpy as np

from hw.network.network import Network
from hw.plan import entry, graph, skew
from hw.plan.arrivals import arrivals
from hw.plan.plan import Folding


def latency(network: Network, foldings: Sequence[Folding], pixels: int = 1) -> int:
    """Cycles from the first beat taken to the class, one of ``pixels`` coming every cycle."""
    return latencies(network, foldings, pixels)[-1]


def latencies(
    network: Network, foldings: Sequence[Folding], pixels: int = 1
) -> tuple[int, ...]:
    """For every layer the cycle of the first frame's last output; of the head, of its class."""
    depths = skew.depths(network, foldings, pixels)
    times = arrivals(network, foldings, np.arange(entry.beats(network, pixels)), pixels, depths)
    return tuple(int(times[layer.output][-1]) for layer in graph.layers(network))
