"""Activity: bit changes counted in simulation, as operations of the energy model's table."""

from collections.abc import Mapping
from dataclasses import replace

from hw.emit.energy import of_network
from hw.network.network import Network
from hw.network.nodes.operations import Operations
from hw.plan.graph import layers
from hw.plan.layers.product import ProductLayer
from sim.probes import Probes


def activity(
    toggles: Mapping[str, int], probes: Probes, network: Network, frames: int
) -> dict[str, Operations]:
    """Operations of one frame that changed something, by layer; averages over the run's frames.

    A lane's XNOR, and the counter that counts it, work when the agreeing bit changes; a comparator
    when its decision does, which it may several times while its sum is running. Signals are
    compared once a cycle, after they settle: glitches within a cycle are not seen. Products that
    read integers have no agreeing bits: they are charged every operation, as in the account with
    counters, and so are layers without a product.
    """
    found = {}
    every = of_network(network)
    for layer in layers(network):
        if not isinstance(layer, ProductLayer):
            found[layer.name] = every[layer.name]
            continue
        count = {
            each.kind: round(toggles[each.path] / frames)
            for each in probes.toggled
            if each.layer == layer.name
        }
        compare = count.get("higher" if layer.heads else "fire", 0)
        if layer.product.binary:
            done = Operations(xnor=count["match"], count=count["match"], compare=compare)
        else:
            done = replace(every[layer.name], compare=compare)
        found[layer.name] = done
    return found
