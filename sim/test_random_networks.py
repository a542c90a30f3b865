"""Random small networks, randomly folded: PyTorch, the integer reference and the Verilog agree."""

from functools import cache

import numpy as np
import pytest
import torch
from amaranth import Shape

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.network.fold import fold
from hw.network.layers import Network
from hw.network.reference import Activity, Reference
from hw.plan import choices, cycles, entry, joints, latency
from hw.plan.plan import Folding, Plan, Resources, Stage, WeightsHome
from model.checkpoint import Checkpoint
from sim import beats
from sim.cosimulate import answers, cosimulate
from sim.random_networks import random_checkpoint, random_images
from sim.workbench import WAYS, Way, Workbench

PAIRS = range(110, 120)
"""Seeds of networks with two thresholds a sum."""

SEEDS = (*range(20), *PAIRS)
FLAT = range(20, 40)
"""Seeds of networks that are dense from the first layer on: of these several pixels may enter in a
beat."""
EVERY = (*SEEDS, *FLAT)
PACES = (1, 3, 10, None)
"""How much slower than the fastest the foldings of those may be; None: as those of the others."""
IMAGES = 8
TOGETHER = 5
"""Networks compiled as one: Verilator's time grows faster than the design."""

SLOWEST = 4000
"""Cycles of a frame that a random folding may take, where there is a faster one."""


@cache
def checkpoint(seed: int) -> Checkpoint:
    return random_checkpoint(seed, pairs=seed in PAIRS, flat=seed in FLAT)


@cache
def network(seed: int) -> Network:
    return fold(checkpoint(seed))


@cache
def planned(seed: int) -> Plan:
    """Any folding the cores can build, drawn for every layer, in any home; as often with any
    number of pixels at once and of turns that a word is held for. In a beat enter one, as many as
    the rate takes, all, or any number."""
    rng, folded, stages = np.random.default_rng(seed), network(seed), list[Stage]()
    pace = PACES[seed % len(PACES)] if seed in FLAT else None
    for layer, joint in zip(cycles.products(folded), joints.joints(folded), strict=True):
        every = list(choices.foldings(layer, joint))
        fastest = min(cycles.frame(layer, folding, joint) for folding in every)
        limit = pace * fastest if pace else max(SLOWEST, fastest)
        quick = [folding for folding in every if cycles.frame(layer, folding, joint) <= limit]
        pixels, held = rng.choice(sorted({(each.pixels, each.held) for each in quick}))
        alike = [each for each in quick if (each.pixels, each.held) == (pixels, held)]
        drawn: Folding = alike[rng.integers(len(alike))]
        taken = cycles.frame(layer, drawn, joint)
        stages.append(Stage(name=layer.name, folding=drawn, cycles=taken, estimate=Resources()))
    enough = entry.pixels(folded, max(stage.cycles for stage in stages))
    any_ = entry.choices(folded)
    entering = int(rng.choice([1, enough, any_[-1], rng.choice(any_)]))
    ulx3s = board("ulx3s")
    return Plan(
        network=folded, board=ulx3s, device=ulx3s.devices[ulx3s.default_variant],
        clock=ulx3s.clock, stages=tuple(stages), estimate=Resources(), entry=entering,
        interval=max(entry.beats(folded, entering), *(stage.cycles for stage in stages)),
    )  # fmt: skip


@cache
def bundle(number: int) -> Workbench:
    seeds = range(number * TOGETHER, (number + 1) * TOGETHER)
    return Workbench({f"network_{seed}": Accelerator(planned(seed)) for seed in seeds})


def bench(seed: int) -> Workbench:
    return bundle(seed // TOGETHER)


def images(seed: int) -> np.ndarray:
    return random_images(checkpoint(seed), IMAGES, seed)


def entered(seed: int, shown: np.ndarray) -> list[int]:
    """The beats of images."""
    return beats.unpack(beats.pixels(shown, planned(seed).entry))


@pytest.mark.parametrize("home", ["block", "lut", "logic"])
def test_weights_live_in_every_home(home: WeightsHome) -> None:
    homes = [stage.folding.weights for seed in SEEDS for stage in planned(seed).stages]
    assert homes.count(home) >= 5


def test_weights_are_held_and_passes_idle_in_part() -> None:
    drawn = [
        (product, stage.folding)
        for seed in SEEDS
        for product, stage in zip(network(seed).products, planned(seed).stages, strict=True)
    ]
    assert sum(folding.held > 1 for _, folding in drawn) >= 8
    assert sum(folding.held > 1 and folding.pixels > 1 for _, folding in drawn) >= 2
    assert sum(product.outputs % folding.pe > 0 for product, folding in drawn) >= 8


def test_images_enter_at_every_pace() -> None:
    plans = [planned(seed) for seed in FLAT]
    taken = [entry.beats(plan.network, plan.entry) for plan in plans]
    assert sum(plan.entry == 1 for plan in plans) >= 2
    assert taken.count(1) >= 2
    bound = [plan.interval == each for plan, each in zip(plans, taken, strict=True)]
    assert min(bound.count(True), bound.count(False)) >= 4
    assert min(plan.interval for plan in plans) <= 3


@pytest.mark.parametrize("seed", EVERY)
def test_pytorch_equals_reference(seed: int) -> None:
    module, shown = checkpoint(seed).module(), torch.from_numpy(images(seed))
    with torch.no_grad():
        stages, scores = module.stages(shown), module(shown)
    signs = [
        stages[record["name"]] > 0
        for record in checkpoint(seed).arch["layers"]
        if record["kind"] == "sign"
    ]
    traced = Reference(network(seed)).trace(images(seed))
    for layer, bits in zip(network(seed).layers, signs, strict=True):
        found = traced[layer.name]
        assert isinstance(found, Activity)
        accumulators = found.accumulators.repeat(layer.copies, axis=1)
        before_pool = accumulators >= layer.thresholds[:, None, None]
        expected = bits.reshape(found.bits.shape if bits.ndim == 2 else bits.shape).numpy()
        shapes = {before_pool.shape: before_pool, found.bits.shape: found.bits == 1}
        assert (shapes[expected.shape] == expected).all()
    classes = Reference(network(seed)).run(images(seed)).classes
    assert (scores.argmax(dim=1).numpy() == classes).all()


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("seed", EVERY)
def test_verilog_equals_reference(seed: int, way: Way) -> None:
    name, accelerator = f"network_{seed}", bench(seed).components[f"network_{seed}"]
    shown = images(seed) if way.engine == "native" else images(seed)[:2]
    expected = Reference(network(seed)).run(shown)
    entering = entered(seed, shown)
    played = bench(seed).play(name, entering, expected.scores.size, way, patience=30_000).played
    width = Shape.cast(accelerator.o.p.shape()).width
    found = answers(played, network(seed), width)
    if not (found.scores == expected.scores).all() or not (found.classes == expected.classes).all():
        pytest.fail(str(cosimulate(Accelerator(planned(seed)), network(seed), shown).mismatch))


@cache
def answered(seed: int) -> list[int]:
    """The cycle of each image's class, counted from its network's first beat."""
    shown, classes = images(seed), len(network(seed).classes)
    entering = entered(seed, shown)
    result = bench(seed).play(f"network_{seed}", entering, len(shown) * classes, patience=30_000)
    played = result.played
    return (played.received.cycles[classes - 1 :: classes] - played.sent[0]).tolist()


@pytest.mark.parametrize("seed", EVERY)
def test_frames_follow_each_other_as_planned(seed: int) -> None:
    steady = np.diff(answered(seed))[IMAGES // 2 :].tolist()
    assert steady == [planned(seed).interval] * len(steady)


@pytest.mark.parametrize("seed", EVERY)
def test_latency_is_as_planned(seed: int) -> None:
    made = planned(seed)
    assert answered(seed)[0] == latency.latency(network(seed), made.foldings, made.entry)
