"""Skew: the beats that wait before a layer which reads several maps, until all have come.

A map that forks and joins again takes longer on one branch than on the other, as a window holds
rows back. What comes by the short branch waits in a FIFO; if it were too shallow the fork would
stand still, and the long branch with it.
"""

from collections.abc import Sequence

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.stream import fifo, fork, skid
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import entry, graph, memory
from hw.plan.arrivals import Depths, arrivals
from hw.plan.plan import Folding
from hw.plan.timing import entered

SLACK = 2
"""Beats more than wait at the steady pace: a layer gives those of a row without a gap."""


def depths(network: Network, foldings: Sequence[Folding], pixels: int = 1) -> Depths:
    """Depth of the FIFO before every source of a layer with several, by the layer's name and the
    number of the source; a source of which none waits has none.

    Images are taken to enter at the steady pace of the slowest layer.
    """
    found: dict[tuple[str, int], int] = {}
    joining = [layer for layer in graph.layers(network) if len(layer.sources) > 1]
    if not joining:
        return found
    beats = entry.beats(network, pixels)
    interval = max(_interval(network, foldings), beats)
    pace = np.arange(beats) * interval // beats
    every = zip(graph.folded(network, foldings), graph.arriving(network, foldings, pixels),
                strict=True)
    taken = {layer.name: (layer.lanes(folding, formats), came)
             for (layer, folding, formats), came in every}
    for layer in joining:
        times = arrivals(network, foldings, pace, pixels, found)
        lanes, came = taken[layer.name]
        sources = [times[source] for source in layer.sources]
        joined = np.max([entered(each, beat, lanes)
                         for each, beat in zip(sources, came, strict=True)], axis=0)
        for number, (each, beat) in enumerate(zip(sources, came, strict=True)):
            waiting = _waiting(each, joined - skid.LATENCY, beat or lanes, lanes, interval)
            if waiting > 1:
                found[layer.name, number] = fifo.depth(waiting + SLACK)
    return found


def _waiting(
    came: np.ndarray, joined: np.ndarray, beat: int, lanes: int, interval: int
) -> int:
    """The most beats that are there and not taken, the one that is being taken among them, in
    frames that follow each other.

    Beats of ``beat`` inputs come; they are taken, when all maps have, in others of ``lanes``.
    """
    count = len(came)
    last = -(-beat * (1 + np.arange(count)) // lanes) - 1
    there = np.searchsorted(np.concatenate([came, came + interval]), joined[last], side="right")
    return int((there - np.arange(count)).max())


def resources(
    network: Network, foldings: Sequence[Folding], pixels: int = 1, family: Family = ECP5
) -> Resources:
    """Cost of all forks, and of all beats that wait."""
    layers, every = graph.layers(network), depths(network, foldings, pixels)
    widths = {IMAGE: network.input_shape[0] * memory.element_bits(network.inputs) * pixels}
    widths |= {
        layer.output: layer.handed(folding, formats)
        for layer, folding, formats in graph.folded(network, foldings)
    }
    total = Resources()
    for name in widths:
        if (count := graph.readers(network, name)) > 1:
            total += fork.resources(count)
    for layer in layers:
        for number, source in enumerate(layer.sources):
            if deep := every.get((layer.name, number)):
                total += fifo.resources(widths[source], deep, family)
    return total


def _interval(network: Network, foldings: Sequence[Folding]) -> int:
    """Cycles of a frame in the slowest layer."""
    every = graph.folded(network, foldings)
    return max(layer.interval(folding, formats) for layer, folding, formats in every)
