"""Random plans: any folding the cores can build, whatever the search would have chosen."""

from boards.catalogue import board
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import entry, graph
from hw.plan.plan import Folding, Plan, Stage
from sim.chance import Choices

SLOWEST = 4000
"""Cycles of a frame that a random folding may take, where there is a faster one."""


def random_plan(
    network: Network, chance: Choices, *, pace: int | None = None, on: str = "ulx3s"
) -> Plan:
    """A folding drawn for every layer, in any home; as often with any number of pixels at once and
    of turns that a word is held for. In a beat enter one, as many as the rate takes, all, or any
    number.

    ``pace``: how much slower than its fastest folding a layer may be; None: `SLOWEST`.
    """
    stages = list[Stage]()
    for layer, formats in zip(graph.layers(network), graph.formats(network), strict=True):
        every = list(layer.foldings(formats))
        fastest = min(layer.interval(folding, formats) for folding in every)
        limit = pace * fastest if pace else max(SLOWEST, fastest)
        quick = [folding for folding in every if layer.interval(folding, formats) <= limit]
        pixels, held = chance.pick(sorted({(each.pixels, each.held) for each in quick}))
        alike = [each for each in quick if (each.pixels, each.held) == (pixels, held)]
        drawn: Folding = chance.pick(alike)
        taken = layer.interval(drawn, formats)
        stages.append(Stage(name=layer.name, folding=drawn, cycles=taken, estimate=Resources()))
    enough = entry.pixels(network, max(stage.cycles for stage in stages))
    any_ = entry.choices(network)
    among = chance.pick(any_)
    entering = chance.pick([1, enough, any_[-1], among])
    known = board(on)
    return Plan(
        network=network, board=known, device=known.devices[known.default_variant],
        clock=known.clock, stages=tuple(stages), estimate=Resources(), entry=entering,
        interval=max(entry.beats(network, entering), *(stage.cycles for stage in stages)),
    )  # fmt: skip
