"""Integer maps in Verilog: residual networks at full speed and stalled, and where one is wrong."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.network import Network
from hw.network.nodes.add import Add
from hw.network.nodes.affine import Affine
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from hw.plan import latency
from hw.plan.plan import Plan
from hw.plan.search import plan
from sim.cosimulate import cosimulate
from sim.probes import probes
from sim.residual_networks import residual

IMAGES = 10


@cache
def made() -> Plan:
    return plan(residual(1), board("ulx3s"), fill=0.12)


@cache
def verilog() -> str:
    return emit(Accelerator(made()))


def images(network: Network) -> np.ndarray:
    return np.random.default_rng(1).integers(
        0, 256, (IMAGES, *network.input_shape), dtype=np.uint8
    )


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_a_residual_network_is_the_reference_and_never_stops(stall: float) -> None:
    network = made().network
    cycles = IMAGES * made().interval
    found = cosimulate(verilog(), network, images(network), stall=stall, cycles=cycles)
    assert np.array_equal(found.scores, Reference(network).run(images(network)).scores)
    if not stall:
        assert found.latency_cycles == latency.latency(network, made().foldings, made().entry)
        assert found.cycles_per_frame == made().interval
        assert found.activity is not None and found.activity["add8"].add > 0


def planted(network: Network, kind: type) -> tuple[Network, str]:
    """The network with its constants elsewhere in the last node of a kind, those of the first two
    channels but for thresholds left, and its name. Its integers are as wide as before."""
    nodes = list(network.nodes)
    at = max(k for k, node in enumerate(nodes) if isinstance(node, kind))
    node = nodes[at]
    if isinstance(node, Affine):
        order = [0, 1, *np.roll(range(2, node.channels), 1)]
        nodes[at] = replace(
            node, multipliers=node.multipliers[order], offsets=node.offsets[order]
        )
    if isinstance(node, Threshold):
        nodes[at] = replace(node, negated=~node.negated)
    return replace(network, nodes=tuple(nodes)), node.name


@pytest.mark.parametrize(("kind", "part"), [(Affine, "integer"), (Threshold, "bit")])
def test_the_first_wrong_integer_or_bit_is_named(kind: type, part: str) -> None:
    """Hardware is made of a network with one constant changed, and compared with the other."""
    network = made().network
    wrong, name = planted(network, kind)
    found = cosimulate(Accelerator(replace(made(), network=wrong)), network, images(network))
    mismatch = found.mismatch
    assert mismatch is not None
    assert (mismatch.layer, mismatch.part) == (name, part)
    assert mismatch.channel >= 2 if part == "integer" else mismatch.channel == 0
    traced = Reference(network).trace(images(network)[mismatch.image :][:1])[name]
    assert mismatch.reference == traced[0, mismatch.channel, mismatch.y, mismatch.x]
    assert (mismatch.threshold is not None) == (part == "bit")


def test_every_map_of_integers_or_bits_is_tapped() -> None:
    network = made().network
    taps = probes(verilog(), network).taps
    assert [tap.node for tap in taps if tap.part == "integer"] == [
        node.name for node in network.nodes
        if isinstance(node, Affine | Add) or node.name in ("product0", "product5", "product12",
                                                           "product14")]
    assert len([tap for tap in taps if tap.part == "bit"]) == sum(
        isinstance(node, Threshold) for node in network.nodes)
