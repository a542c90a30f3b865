"""The entry: how many pixels of an image, or a map, come in a beat, so that no fast network waits
for them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import graph
from hw.plan.formats import Beats
from hw.plan.memory import divisors


class Flow(NamedTuple):
    """Pixels of a beat: of the ``image``, and at the two ends of every one of ``layers``."""

    image: int
    layers: tuple[Beats, ...]


def choices(network: Network) -> list[int]:
    """Pixels of a beat of the image, from the fewest: any divisor of its pixels where the first
    layer reads a vector, of which beats of any width come in order; or those of a map."""
    _, height, width = network.input_shape
    ends = zip(graph.layers(network), graph.formats(network), strict=True)
    vectors = all(formats.takes for layer, formats in ends if IMAGE in layer.sources)
    return divisors(height * width) if vectors else maps(network)[IMAGE]


def beats(network: Network, pixels: int) -> int:
    """Beats of an image, and so the cycles that it takes to enter."""
    return _beats(network, IMAGE, pixels)


def pixels(network: Network, limit: int) -> int:
    """The fewest pixels of a beat with which an image enters within ``limit`` cycles; the most
    there are where none does."""
    return _fewest(network, IMAGE, choices(network), limit)


def flow(network: Network, limit: int) -> Flow:
    """The fewest pixels of a beat with which the image, and every map, passes within ``limit``
    cycles; the most there are where none does."""
    fewest = {
        name: _fewest(network, name, every, limit) for name, every in maps(network).items()
    }
    return Flow(pixels(network, limit), ends(network, fewest))


def ends(network: Network, taken: Mapping[str, int]) -> tuple[Beats, ...]:
    """Pixels of a beat at the two ends of every layer, where a beat of each map, by the name of
    its node, has as many as are ``taken``."""
    return tuple(
        Beats(enters=taken[layer.sources[0]], leaves=taken[layer.made])
        for layer in graph.layers(network)
    )


def cycles(network: Network) -> list[int]:
    """Every number of cycles in which the image, or a map, may pass, from the fewest in which all
    of them do."""
    passing = [
        [_beats(network, name, each) for each in every]
        for name, every in (maps(network) | {IMAGE: choices(network)}).items()
    ]
    least = max(map(min, passing))
    return sorted({each for taken in passing for each in taken if each >= least})


@lru_cache(maxsize=graph.KEPT)
def maps(network: Network) -> dict[str, list[int]]:
    """Pixels of a beat of every map that is made or read, from one on: several where the layer that
    makes it gives them, and its one reader takes them."""
    found: dict[str, list[int]] = {}
    for layer, formats in zip(graph.layers(network), graph.formats(network), strict=True):
        for source in layer.sources:
            alone = graph.readers(network, source) == 1
            able = layer.entering(formats) if alone else [1]
            given = able if source == IMAGE else found.get(source, [1])
            found[source] = [each for each in able if each in given]
        found[layer.made] = layer.leaving(formats)
    return found


def _beats(network: Network, name: str, pixels: int) -> int:
    """Beats of a map."""
    _, height, width = network.shapes[name]
    return height * width // pixels


def _fewest(network: Network, name: str, every: list[int], limit: int) -> int:
    """Of some numbers of pixels those of a beat of a map."""
    return next((each for each in every if _beats(network, name, each) <= limit), every[-1])
