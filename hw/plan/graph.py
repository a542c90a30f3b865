"""The layers of a network, what each reads, and the formats of the streams between them."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE
from hw.plan import layers as kinds_of_layers
from hw.plan.formats import Formats
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.memory import element_bits
from hw.plan.plan import Folding
from model.refusal import Refusal
from model.rooms import kinds

KEPT = 64
"""Networks whose layers are remembered."""


@lru_cache(maxsize=KEPT)
def layers(network: Network) -> tuple[Layer, ...]:
    """Everything that is folded, in the order of the nodes.

    Raises
    ------
    Refusal
        No kind of layer begins with a node as it stands there.
    """
    every = kinds(kinds_of_layers, "LAYER").values()
    found, covered = list[Layer](), set[str]()
    for node in network.nodes:
        if node.name in covered:
            continue
        fitting = (kind.match(network, node) for kind in every)
        layer: Layer | None = next(filter(None, fitting), None)
        if layer is None:
            raise Refusal(f"node {node.name!r}: hardware has no layer that begins with a "
                          f"{node.kind} there; change what it reads")
        found.append(layer)
        covered |= {each.name for each in layer.nodes}
    return tuple(found)


def makers(network: Network) -> tuple[tuple[int | None, ...], ...]:
    """For every layer the numbers of the layers that it reads; None is the image."""
    number_of = {layer.output: number for number, layer in enumerate(layers(network))}
    return tuple(
        tuple(None if source == IMAGE else number_of[source] for source in layer.sources)
        for layer in layers(network)
    )


def readers(network: Network, name: str) -> int:
    """Number of streams into layers that carry a node's map, or the image."""
    return sum(layer.sources.count(name) for layer in layers(network))


def formats(network: Network) -> tuple[Formats, ...]:
    """Stream formats of every layer."""
    every, made = layers(network), makers(network)
    takes = []
    for layer, made_by in zip(every, made, strict=True):
        alone = all(readers(network, source) == 1 for source in layer.sources)
        vectors = all(number is None or every[number].gives_vector for number in made_by)
        takes.append(layer.reads_vector and alone and vectors)
    given = {number for taken, made_by in zip(takes, made, strict=True)
             for number in made_by if taken}
    return tuple(
        Formats(takes=taken, gives=number in given) for number, taken in enumerate(takes)
    )


def folded(
    network: Network, foldings: Sequence[Folding]
) -> Iterator[tuple[Layer, Folding, Formats]]:
    """Every layer with its folding and its stream formats."""
    return zip(layers(network), foldings, formats(network), strict=True)


def arriving(
    network: Network, foldings: Sequence[Folding], pixels: int = 1
) -> tuple[Arriving, ...]:
    """For every layer, of each source, the inputs of a beat that comes where beats of a vector do,
    or of integers; ``pixels`` of an image at once. None: pixels come."""
    every, ends = layers(network), formats(network)

    def came(reader: Layer, takes: bool, source: str, number: int | None) -> int | None:
        values = network.values[source]
        beats = takes or reader.by_beats
        if number is None:
            return network.input_shape[0] * pixels if beats else None
        if not beats and values == BITS:
            return None
        handed = every[number].handed(foldings[number], ends[number])
        return handed // element_bits(values)

    return tuple(
        tuple(came(layer, end.takes, source, number)
              for source, number in zip(layer.sources, made_by, strict=True))
        for layer, end, made_by in zip(every, ends, makers(network), strict=True)
    )  # fmt: skip
