"""Random small networks, randomly folded: PyTorch, the integer reference and the Verilog agree."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
import torch

from benchmarks.random_networks import Campaign, Wrong, kinds
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from sim.chance import BySeed, Recorded
from sim.levels import Case, Faults, case, levels, listed, pytorch

COUNT, START = 10, 4
"""Number of networks compiled here, and a seed with which these few have nearly every feature;
``make verify`` compiles 500."""

KINDS = 80
"""Number of networks that are only drawn, to see what features they have."""

FOUND: dict[str, list[int]] = {}
"""Failures of earlier runs, smallest first: decisions for `sim.levels.listed`, by the fault."""

SMALLEST = [0] * 10


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_networks_are_the_same_at_every_level() -> None:
    assert len(Campaign(COUNT, START).run()) == COUNT


@pytest.mark.parametrize("decisions", [
    pytest.param(SMALLEST, id="a single pixel"),
    *(pytest.param(decisions, id=name) for name, decisions in FOUND.items()),
])  # fmt: skip
def test_this_network_is_the_same_at_every_level(decisions: list[int]) -> None:
    assert levels([listed(decisions)]) == [[]]


def test_the_drawing_reaches_every_kind() -> None:
    drawn = Campaign(KINDS, compare=lambda bundle: [[] for _ in bundle], database=None).run()
    counted = dict(kinds(drawn))
    assert {kind for kind, count in counted.items() if count} == {
        "weights in block", "weights in lut", "weights in logic", "weights in steps",
        "several pixels at once",
        "weights reused", "weights that inputs share", "pairs of inputs with one weight",
        "idle channels in the last pass", "pad none", "pad zero", "pad -1", "pad +1",
        "border classes", "strides", "pools", "two thresholds a sum", "several pixels a beat",
        "several pixels a beat of a map that a kernel slides over",
        "several pixels a beat into a pool",
        "an average before the scores", "one channel", "several channels", "a single layer",
        "one class", "a first layer of bits", "a first layer of integers",
        "a layer of integers", "a layer of affine", "a layer of add", "a layer of bits",
        "a layer of scores", "a layer of clamp", "a layer of subsample", "a layer of global_sum",
        "products in multiplier", "products in lut", "planes of weights",
        "more thresholds a sum", "negated thresholds",
    }  # fmt: skip


def pooling(bundle: Sequence[Case]) -> list[Faults]:
    """A comparison by which every network with a pool is wrong."""
    return [["pooled"] if any(isinstance(node, Pool) and node.geometry.taps > 1
                              for node in one.network.nodes) else [] for one in bundle]


def test_a_failure_becomes_small_is_tried_first_again_and_drawn_by_its_decisions(
    tmp_path: Path,
) -> None:
    with pytest.raises(Wrong, match="pooled") as found:
        Campaign(30, compare=pooling, database=tmp_path).run()
    decisions = eval(str(found.value).rpartition("listed(")[2].rstrip(")"))
    small = listed(decisions)
    assert pooling([small]) == [["pooled"]]
    assert len(small.network.products) == 2 and max(small.network.input_shape) <= 3
    with pytest.raises(Wrong) as again:
        # With a count of one, only the simplest network would be tried.
        Campaign(1, start=1, compare=pooling, database=tmp_path).run()
    assert str(again.value) == str(found.value)


@pytest.mark.parametrize("seed", range(5))
def test_the_decisions_draw_the_same_case(seed: int) -> None:
    noted = Recorded(BySeed(seed))
    first = case(noted)
    second = listed(noted.taken)
    assert first.checkpoint.digest == second.checkpoint.digest
    assert (first.plan.foldings, first.plan.entry) == (second.plan.foldings, second.plan.entry)
    assert (first.images == second.images).all() and first.ways == second.ways


def test_a_level_that_differs_is_told() -> None:
    drawn = (case(BySeed(seed)) for seed in count(2))
    one, other = (next(each for each in drawn if isinstance(each.network.nodes[1], Threshold))
                  for _ in range(2))
    product, threshold, *_ = one.network.nodes
    assert isinstance(product, Product) and isinstance(threshold, Threshold)
    # A bit is no longer 1 by any sum.
    threshold.thresholds[:] = product.bound + 1
    found = pytorch([one, other])
    assert found[0] and "does not give what PyTorch's gives" in found[0][0]
    assert found[1] == []
