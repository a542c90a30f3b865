"""Random plans: any folding that cores can have, not only those that the search would choose."""

from boards.catalogue import board
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import entry, graph
from hw.plan.formats import SINGLE, Beats
from hw.plan.plan import Folding, Plan, Stage
from sim.chance import Choices

SLOWEST = 4000
"""Most cycles of a frame of a random folding, if there is a faster one."""


def random_plan(
    network: Network, chance: Choices, *, pace: int | None = None, on: str = "ulx3s"
) -> Plan:
    """A plan with a random folding for every layer, with any home of its memories.

    Foldings have any number of pixels at once, and of cycles for which a word of weights is used.
    Beats of maps have any number of pixels. A beat of an input that is read as a vector has one
    pixel, as many as the rate needs, all, or any number. A layer may be ``pace`` times slower than
    its fastest folding; None allows `SLOWEST` cycles.
    """
    stages, known = list[Stage](), graph.formats(network)
    ends = _ends(network, chance)
    for layer, formats, beats in zip(graph.layers(network), known, ends, strict=True):
        every = list(layer.foldings(formats, beats))
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
    entering = chance.pick([1, enough, any_[-1], among]) if known[0].takes else ends[0].enters
    there = board(on)
    return Plan(
        network=network, board=there, device=there.devices[there.default_variant],
        clock=there.clock, stages=tuple(stages), estimate=Resources(), entry=entering,
        interval=max(entry.beats(network, entering), *(stage.cycles for stage in stages)),
    )  # fmt: skip


def _ends(network: Network, chance: Choices) -> tuple[Beats, ...]:
    """Pixels of a beat at the ends of every layer: one, or any number, if there are foldings."""
    taken = {
        name: chance.pick(every) if len(every) > 1 else 1
        for name, every in entry.maps(network).items()
    }
    ends = entry.ends(network, taken)
    layers = zip(graph.layers(network), graph.formats(network), ends, strict=True)
    if all(any(layer.foldings(formats, beats)) for layer, formats, beats in layers):
        return ends
    return (SINGLE,) * len(ends)
