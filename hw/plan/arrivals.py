"""Arrivals: the cycles in which the beats of every map come in an empty pipeline."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hw.cores import lookup
from hw.cores.stream import fifo, skid
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import graph
from hw.plan.formats import Formats, ratio
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.plan import Folding
from hw.plan.timing import spaced

AHEAD = 3
"""Beats of a fork that a reader can be behind with: two in its skid buffer, and the one that is
offered."""

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
    arriving = graph.arriving(network, foldings, pixels)
    every = list(zip(graph.folded(network, foldings), arriving, strict=True))
    slow = _slow(every)
    times[IMAGE] = _forked(entering + lookup.LATENCY, slow[IMAGE])
    for (layer, folding, formats), came in every:
        sources = [times[source] for source in layer.sources]
        yield Reader(layer, folding, formats, came, sources)
        sources = [
            each + fifo.LATENCY * ((layer.name, number) in depths)
            for number, each in enumerate(sources)
        ]
        made = layer.times(folding, formats, came, *sources)
        times[layer.output] = _forked(made, slow[layer.output])


def _slow(
    every: Sequence[tuple[tuple[Layer, Folding, Formats], Arriving]]
) -> Mapping[str, list[int]]:
    """For every map with several readers the cycles that each takes for a beat, which it takes
    apart; before a layer with several sources beats wait in a FIFO."""
    readers: dict[str, list[int]] = defaultdict(list)
    for (layer, folding, formats), came in every:
        for source, beat in zip(layer.sources, came, strict=True):
            lanes = layer.lanes(folding, formats)
            gathered, scattered = ratio(beat or layer.comes(folding, formats), lanes)
            waits = len(layer.sources) > 1 or gathered > 1
            readers[source].append(1 if waits else scattered)
    return defaultdict(list, {
        name: [step for step in steps if step > 1]
        for name, steps in readers.items() if len(steps) > 1
    })


def _forked(made: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    """Cycles in which a fork offers its beats: `AHEAD` of them wait for a reader that is at work
    on another."""
    offered = made
    for step in [*steps] * len(steps):
        taken = spaced(offered + skid.LATENCY, step) + step - 1
        held = np.concatenate([made[:AHEAD], taken[:-AHEAD] + 2])[: len(made)]
        offered = spaced(np.maximum(offered, held), 1)
    return offered
