# amaranth: UnusedElaboratable=no
"""The accelerator in Amaranth's own simulator: scores, interval and latency as planned."""

import re

import pytest
from amaranth.back import rtlil
from design_runs import check, drawn_plan

from hw.design.accelerator import Accelerator
from hw.design.stages.head import HeadStage
from hw.network.fold import fold
from hw.plan import graph
from hw.plan.plan import Folding
from sim.random_networks import random_checkpoint, random_images

FRAMES = 4


@pytest.mark.parametrize(("seed", "flat"), [
    *((seed, False) for seed in (2, 6, 8, 10, 11, 14)), *((seed, True) for seed in (0, 2, 5, 9)),
])
def test_scores_interval_and_latency_are_the_planned_ones(seed, flat):
    checkpoint = random_checkpoint(seed, flat=flat)
    network = fold(checkpoint)
    plan = drawn_plan(network, seed)
    assert (plan.entry > 1) == flat
    check(plan, random_images(checkpoint, FRAMES, seed))


@pytest.mark.parametrize(("folding", "told"), [
    ({"pe": 1, "reuse": 2}, "2 pixels at once; a head takes 1"),
    ({"pe": 1, "pixels": 3}, "3 pixels at once; a head takes 1"),
    ({"pe": 4}, "PE 4 does not divide 10 classes"),
])
def test_a_head_takes_a_pixel_at_a_time_in_even_passes(folding, told):
    *_, head = graph.layers(fold(random_checkpoint(3)))
    with pytest.raises(ValueError, match=told):
        HeadStage(head, Folding(simd=1, weights="block", **folding))


def test_reset_passes_from_stage_to_stage_in_a_register_each():
    """A single net to every stage would reach over the whole device."""
    network = fold(random_checkpoint(2))
    names = [f"{layer.name}_reset" for layer in graph.layers(network)]
    text = rtlil.convert(Accelerator(drawn_plan(network, 2)), name="top")
    flops = re.findall(
        r"cell \$dff \S+\n(?:    .*\n)*?    connect \\D (\S+)(?: \[0\])?\n(?:    .*\n)*?"
        r"    connect \\Q \\(\w+)\n", text)
    # Nothing drives the first one's input here; a board does.
    expected = zip(["1'0", *(f"\\{name}" for name in names)], names, strict=False)
    assert [pair for pair in flops if pair[1] in names] == list(expected)
