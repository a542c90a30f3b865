"""The entry: how many pixels of an image come in a beat, so that no fast network waits for them."""

from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan import graph
from hw.plan.memory import divisors


def choices(network: Network) -> list[int]:
    """Pixels of a beat, from the fewest: 1, or any divisor of an image's where the first layer
    reads a vector, of which beats of any width come in order."""
    _, height, width = network.input_shape
    ends = zip(graph.layers(network), graph.formats(network), strict=True)
    vectors = all(formats.takes for layer, formats in ends if IMAGE in layer.sources)
    return divisors(height * width) if vectors else [1]


def beats(network: Network, pixels: int) -> int:
    """Beats of an image, and so the cycles that it takes to enter."""
    _, height, width = network.input_shape
    return height * width // pixels


def pixels(network: Network, limit: int) -> int:
    """The fewest pixels of a beat with which an image enters within ``limit`` cycles; the most
    there are where none does."""
    every = choices(network)
    return next((each for each in every if beats(network, each) <= limit), every[-1])
