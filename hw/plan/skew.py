"""Skew: the beats that wait before a layer which reads several maps, until all have come.

A map that forks and joins again takes longer on one branch than on the other, as a window holds
rows back. What comes by the short branch waits in a FIFO; if it were too shallow the fork would
stand still, and the long branch with it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.stream import fifo, fork, skid
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import entry, graph, memory
from hw.plan.arrivals import Depths, Reader, passing
from hw.plan.plan import Folding
from hw.plan.timing import joined

SLACK = 2
"""Beats more than wait at the steady pace: a layer gives those of a row without a gap."""


def depths(network: Network, foldings: Sequence[Folding], pixels: int = 1) -> Depths:
    """Depth of the FIFO before every source of a layer with several, by the layer's name and the
    number of the source; a source of which none waits has none.

    Images are taken to enter at the steady pace of the slowest layer.
    """
    found: dict[tuple[str, int], int] = {}
    if all(len(layer.sources) == 1 for layer in graph.layers(network)):
        return found
    beats = entry.beats(network, pixels)
    interval = max(_interval(network, foldings), beats)
    pace = np.arange(beats) * interval // beats
    for reader in passing(network, foldings, pace, pixels, found, {}):
        if len(reader.sources) > 1:
            found |= _before(reader, interval)
    return found


def _before(reader: Reader, interval: int) -> Iterator[tuple[tuple[str, int], int]]:
    """Depths of the FIFOs before a layer, of frames every ``interval`` cycles."""
    lanes = reader.layer.lanes(reader.folding, reader.formats)
    taken = joined(reader.sources, reader.arriving, lanes) - skid.LATENCY
    for number, (times, beat) in enumerate(zip(reader.sources, reader.arriving, strict=True)):
        waiting = _waiting(times, taken, beat or lanes, lanes, interval)
        if waiting > 1:
            yield (reader.layer.name, number), fifo.depth(waiting + SLACK)


def _waiting(
    came: np.ndarray, taken: np.ndarray, beat: int, lanes: int, interval: int
) -> int:
    """The most beats that are there and not taken, the one that is being taken among them, in
    frames that follow each other.

    Beats of ``beat`` inputs come; they are taken, when all maps have, in others of ``lanes``.
    """
    count = len(came)
    last = -(-beat * (1 + np.arange(count)) // lanes) - 1
    there = np.searchsorted(np.concatenate([came, came + interval]), taken[last], side="right")
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
