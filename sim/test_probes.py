"""Probes find their signals inside a design, in every home of the weights, or raise an error."""

import re
from functools import cache

import pytest

from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.fold import fold
from hw.network.network import Network
from hw.plan.graph import layers
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.plan import Plan
from sim.chance import BySeed
from sim.player import Failure
from sim.probes import Probes, probes
from sim.random_networks import random_checkpoint
from sim.random_plans import random_plan

SEEDS = (6, 9, 115, 117, 22, 24)
"""Random networks: together every home, pools, integers and pairs."""


@cache
def network(seed: int) -> Network:
    return fold(random_checkpoint(seed, pairs=seed > 100, flat=20 < seed < 40))


@cache
def planned(seed: int) -> Plan:
    return random_plan(network(seed), BySeed(seed), pace={22: 10, 24: 1}.get(seed))


@cache
def verilog(seed: int) -> str:
    return emit(Accelerator(planned(seed)))


@cache
def found(seed: int) -> Probes:
    return probes(verilog(seed), network(seed))


def hidden(seed: int) -> list[HiddenLayer]:
    return [layer for layer in layers(network(seed)) if isinstance(layer, HiddenLayer)]


def test_the_networks_are_of_every_kind() -> None:
    stages = [stage for seed in SEEDS for stage in planned(seed).stages]
    found = [layer for seed in SEEDS for layer in hidden(seed)]
    products = [product for seed in SEEDS for product in network(seed).products]
    assert {stage.folding.weights for stage in stages} == {"block", "lut", "logic", "steps"}
    assert {product.binary for product in products} == {True, False}
    assert {layer.copies for layer in found} == {1, 2}
    assert {layer.pool is None for layer in found} == {True, False}
    assert any(stage.folding.together > 1 for stage in stages)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_layer_has_what_is_counted_and_recorded(seed: int) -> None:
    known = network(seed)
    kinds = {(each.layer, each.kind) for each in found(seed).toggled}
    assert kinds == {
        *((layer.name, "fire") for layer in hidden(seed)), (known.products[-1].name, "higher"),
        *((product.name, "match") for product in known.products if product.binary),
    }
    taps = [(tap.layer.name, tap.part) for tap in found(seed).taps]
    expected = [(layer.name, part) for layer in hidden(seed)
                for part in ("bit", *["pool"] * bool(layer.pool))]
    assert taps == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_a_signal_of_another_name_is_an_error(seed: int) -> None:
    for each in found(seed).toggled:
        head, name, body = verilog(seed).partition(f"\nmodule \\{each.module} ")
        assert name, each
        text, end, rest = body.partition("\nendmodule")
        renamed = re.sub(rf"\b{each.kind}\b", "other", text)
        with pytest.raises(Failure, match=f"{each.module} has no signal {each.kind}, whose"):
            probes(head + name + renamed + end + rest, network(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_module_of_another_name_is_an_error(seed: int) -> None:
    counted = {each.module for each in found(seed).toggled}
    for module in counted | {tap.path.split("/")[0] for tap in found(seed).taps}:
        other = verilog(seed).replace(f"\nmodule \\{module} ", "\nmodule \\top.other ")
        assert other != verilog(seed)
        with pytest.raises(Failure, match=f"no module {re.escape(module)}"):
            probes(other, network(seed))
