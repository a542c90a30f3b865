# amaranth: UnusedElaboratable=no
"""Accelerators of any folding, run in Amaranth's own simulator."""

from dataclasses import dataclass, field

import numpy as np
from amaranth.lib import wiring
from amaranth.sim import Simulator

from boards.known.ulx3s import BOARD
from boards.resources import Resources
from hw.design.accelerator import Accelerator
from hw.network.network import Network
from hw.network.reference import Reference
from hw.plan import entry, graph, latency
from hw.plan.plan import Plan, Stage

SLOWEST = 300
"""Cycles of a frame: this simulator is slow."""
PATIENCE = 10_000
"""Cycles after which a run is given up."""


def drawn_plan(network: Network, seed: int) -> Plan:
    """Any quick folding of every layer, as often with any number of pixels at once, in beats of
    as many pixels as that takes."""
    rng = np.random.default_rng([seed, 3])
    stages = []
    for layer, formats in zip(graph.layers(network), graph.formats(network), strict=True):
        every = layer.foldings(formats)
        quick = [each for each in every if layer.interval(each, formats) <= SLOWEST]
        pixels = rng.choice(sorted({each.pixels for each in quick}))
        alike = [each for each in quick if each.pixels == pixels]
        folding = alike[rng.integers(len(alike))]
        stages.append(Stage(
            name=layer.name, folding=folding, cycles=layer.interval(folding, formats),
            estimate=Resources(),
        ))
    slowest = max(stage.cycles for stage in stages)
    pixels = entry.pixels(network, slowest)
    return Plan(
        network=network, board=BOARD, device=BOARD.devices["85F"], clock=BOARD.clock,
        stages=tuple(stages), interval=max(entry.beats(network, pixels), slowest),
        estimate=Resources(), entry=pixels,
    )


@dataclass
class Run:
    """What left the accelerator, and the cycles in which first beats came and answers left."""

    scores: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


def simulate(accelerator: wiring.Component, images: np.ndarray) -> Run:
    """Frames back to back, a beat whenever there is room, every score taken at once."""
    run, now = Run(), 0
    beats = images.transpose(0, 2, 3, 1).reshape(-1, len(accelerator.i.payload) // 8)

    async def feed(ctx):
        for number, beat in enumerate(beats):
            ctx.set(accelerator.i.payload, int.from_bytes(beat.tobytes(), "little"))
            ctx.set(accelerator.i.valid, 1)
            await ctx.tick().until(accelerator.i.ready)
            if number % (len(beats) // len(images)) == 0:
                run.began.append(now)
        ctx.set(accelerator.i.valid, 0)

    async def watch(ctx):
        nonlocal now
        ctx.set(accelerator.o.ready, 1)
        async for _, _, valid, beat in ctx.tick().sample(accelerator.o.valid, accelerator.o.p):
            now += 1
            assert now < PATIENCE, "no answer"
            if not valid:
                continue
            run.scores.append(beat.score)
            if beat.last:
                run.classes.append(beat.klass)
                run.ended.append(now)
            if len(run.classes) == len(images):
                return

    simulator = Simulator(accelerator)
    simulator.add_clock(1e-6)
    simulator.add_testbench(watch)
    simulator.add_testbench(feed, background=True)
    simulator.run()
    return run


def check(plan: Plan, images: np.ndarray) -> None:
    """Scores, classes, interval and latency of an accelerator are the planned ones."""
    network = plan.network
    run = simulate(Accelerator(plan), images)
    expected = Reference(network).run(images)
    assert np.array_equal(np.reshape(run.scores, (len(images), -1)), expected.scores)
    assert run.classes == expected.classes.tolist()
    assert run.ended[-1] - run.ended[-2] == plan.interval
    assert run.ended[0] - run.began[0] == latency.latency(network, plan.foldings, plan.entry)
