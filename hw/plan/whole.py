"""The whole of a combination: its layers, what lies between them, and its multiplier blocks."""

from collections.abc import Sequence
from dataclasses import replace

from boards.board import Device, Family
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import graph, skew
from hw.plan.choices import Choice
from hw.plan.cost import before


class Whole:
    """What choices for all layers of a network take together, which no single one of them tells."""

    def __init__(self, network: Network, family: Family) -> None:
        self._network, self._family = network, family
        self._layers = graph.layers(network)
        self._costs = [
            layer.cost(formats, family=family)
            for layer, formats in zip(self._layers, graph.formats(network), strict=True)
        ]

    def in_blocks(self, chosen: Sequence[Choice], device: Device) -> tuple[Choice, ...]:
        """Products in as many multiplier blocks as there are; where there are fewer, those that are
        the cheapest in LUTs for each block are made of them."""
        every = [layer.multipliers(one.folding, self._family)
                 for layer, one in zip(self._layers, chosen, strict=False)]
        found, used = list(chosen), sum(every)
        others = {
            number: self._in_luts(number, one)
            for number, one in enumerate(chosen)
            if used > device.multipliers and every[number]
        }
        dearer = {number: (other.estimate.lut - chosen[number].estimate.lut) / every[number]
                  for number, other in others.items()}
        for number in sorted(dearer, key=dearer.__getitem__):
            if used > device.multipliers:
                found[number], used = others[number], used - every[number]
        return tuple(found)

    def _in_luts(self, number: int, one: Choice) -> Choice:
        folding = replace(one.folding, weights="lut")
        return replace(one, folding=folding, estimate=self._costs[number](folding))

    def estimates(self, chosen: Sequence[Choice], pixels: int) -> list[Resources]:
        """Of every layer with what makes its beats, ``pixels`` of an image at once."""
        foldings = [one.folding for one in chosen]
        arriving = graph.arriving(self._network, foldings, pixels)
        every = zip(chosen, graph.folded(self._network, foldings), arriving, strict=True)
        return [one.estimate + before(*each, came, self._family) for one, each, came in every]

    def total(self, chosen: Sequence[Choice], pixels: int) -> Resources:
        """All layers, their forks and the beats that wait; nothing of no choices."""
        if not chosen:
            return Resources()
        foldings = [one.folding for one in chosen]
        between = skew.resources(self._network, foldings, pixels, self._family)
        return sum(self.estimates(chosen, pixels), between)
