"""Random plans: any folding that cores can have, not only those that the search would choose."""

from boards.catalogue import board
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import entry, graph
from hw.plan.plan import Folding, Plan, Stage
from sim.chance import Choices

SLOWEST = 4000
"""Most cycles of a frame of a random folding, if there is a faster one."""


def random_plan(
    network: Network, chance: Choices, *, pace: int | None = None, on: str = "ulx3s"
) -> Plan:
    """A plan with a random folding for every layer, with any home of its memories.

    Foldings have any number of pixels at once, and of cycles for which a word of weights is used. A
    beat of the input has one pixel, as many as the rate needs, all, or any number. A layer may be
    ``pace`` times slower than its fastest folding; None allows `SLOWEST` cycles.
    """
    stages = list[Stage]()
    for layer, formats in zip(graph.layers(network), graph.formats(network), strict=True):
        every = list(layer.foldings(formats))
        fastest = min(layer.interval(folding, formats) for folding in every)
        limit = pace * fastest if pace else max(SLOWEST, fastest)
        quick = [folding for folding in every if layer.interval(folding, formats) <= limit]
        pixels, reuse = chance.pick(sorted({(each.pixels, each.reuse) for each in quick}))
        alike = [each for each in quick if (each.pixels, each.reuse) == (pixels, reuse)]
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
