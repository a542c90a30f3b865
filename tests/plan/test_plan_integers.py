"""Integer maps in a plan: layers, lanes, cycles, what lies between layers, multiplier blocks."""

from dataclasses import replace

import numpy as np
import pytest

from boards.catalogue import board
from hw.network.network import Network
from hw.plan import graph, skew
from hw.plan.budget import Budget
from hw.plan.formats import PIXELS
from hw.plan.layers.affine import AffineLayer
from hw.plan.layers.bits import BitsLayer
from hw.plan.layers.integers import IntegersLayer
from hw.plan.plan import Folding, Plan
from hw.plan.search import Search, plan
from hw.plan.timing import joined
from sim.residual_networks import clamped, planed, residual, several

ULX3S = board("ulx3s")


def kinds(network: Network) -> list[str]:
    return [layer.kind for layer in graph.layers(network)]


def lanes(pe: int) -> Folding:
    return Folding(pe=pe, simd=1, weights="lut")


def test_every_node_between_integers_is_a_layer() -> None:
    block = ["bits", "hidden", "integers", "affine", "affine", "add"]
    assert kinds(residual(0)) == [
        "integers", "affine", *block, *block[:4], "integers", *block[4:], "bits", "head"]
    assert kinds(planed(1)) == [
        "integers", "affine", "bits", "integers", "affine", "integers", "affine", "scores"]
    # A product that several read gives integers, whatever one of them is; a head may read integers.
    assert kinds(several(0))[:3] == ["integers", "bits", "hidden"]
    assert kinds(several(0))[-1] == "head"


def test_a_subsample_has_beats_of_zeros_or_of_none() -> None:
    assert kinds(clamped(0)) == ["integers", "affine", "clamp", "bits", "integers", "affine",
                                 "subsample", "add", "clamp", "global_sum", "bits", "head"]
    short = next(each for each in graph.layers(clamped(0)) if each.kind == "subsample")
    assert [each.pe for each in short.foldings()] == [1, 2]
    # 5 x 6 positions of 4 channels come, 3 x 3 of 8 leave.
    assert short.cycles(lanes(2)) == {"beats": 60, "leave": 36}
    plain = next(each for each in graph.layers(clamped(2)) if each.kind == "subsample")
    assert [each.pe for each in plain.foldings()] == [1, 2, 4]


def test_sums_of_a_pass_leave_while_the_next_one_runs() -> None:
    layer = graph.layers(residual(0, channels=8))[0]
    assert isinstance(layer, IntegersLayer)

    def together(pe: int, simd: int) -> int:
        return layer.together(Folding(pe=pe, simd=simd, weights="block"))

    assert [together(8, 2), together(8, 6), together(8, 18)] == [1, 4, 8]
    assert layer.bits == 9  # 18 integers of 4 bits, each of up to 8
    assert layer.handed(Folding(pe=8, simd=6, weights="block")) == 4 * 9
    assert all(layer.product.outputs % each.pe == 0 and each.together == 1
               for each in layer.foldings())


def test_lanes_take_a_beat_a_cycle_and_more_of_them_fewer() -> None:
    layer = next(each for each in graph.layers(planed(1)) if isinstance(each, BitsLayer))
    assert [layer.cycles(lanes(pe))["beats"] for pe in (1, 2, 4)] == [100, 50, 25]
    assert layer.handed(lanes(2)) == 12 and layer.copies == 3
    assert {each.buffers for each in layer.foldings()} == {"block", "lut"}
    joining = next(each for each in graph.layers(planed(1)) if isinstance(each, AffineLayer))
    assert joining.lanes(lanes(2)) == 6


def test_products_by_powers_of_two_need_no_home() -> None:
    scaled = graph.layers(residual(0))[1]
    assert {each.weights for each in scaled.foldings()} == {"multiplier", "lut"}
    assert scaled.multipliers(Folding(pe=2, simd=1, weights="multiplier")) == 2
    planes = graph.layers(planed(0))[1]
    assert {each.weights for each in planes.foldings()} == {"lut"}


def test_beats_come_as_wide_as_they_are_given() -> None:
    network = residual(0)
    foldings = [next(layer.foldings(end)) for layer, end in
                zip(graph.layers(network), graph.formats(network), strict=True)]
    came = dict(zip((layer.name for layer in graph.layers(network)),
                    graph.arriving(network, foldings), strict=True))
    assert came["product0"] == (None,) and came["norm1"] == (1,) and came["add8"] == (1, 1)
    assert came["product3"] == (None,)


def test_beats_that_wait_are_put_together_one_after_the_other() -> None:
    quick, late = np.arange(8), np.array([20, 21])
    assert joined([quick, late], [1, 4], 4).tolist() == [21, 25]
    assert joined([late, late], [4, 4], 4).tolist() == [21, 22]


@pytest.fixture(scope="module")
def made() -> Plan:
    return plan(residual(0, side=8, channels=8), ULX3S, fill=0.1)


def test_a_plan_counts_all_that_lies_between_its_layers(made: Plan) -> None:
    between = skew.resources(made.network, made.foldings, made.entry, made.device.family)
    around = made.estimate - between - sum(
        (stage.estimate for stage in made.stages[1:]), made.stages[0].estimate)
    assert around == Search(made.network, ULX3S)._around(made.entry, made.slots)
    depths = skew.depths(made.network, made.foldings, made.entry)
    assert ("add8", 1) in depths and made.estimate.lut <= 0.1 * made.device.lut


def test_a_device_without_multipliers_has_its_products_in_luts(made: Plan) -> None:
    search = Search(made.network, ULX3S)
    homes = [stage.folding.weights for stage in search.smallest(made.interval).stages
             if stage.name.startswith("norm")]
    search.budget = Budget(replace(search.device, multipliers=0))
    without = search.smallest(made.interval)
    search.budget = Budget(replace(search.device, multipliers=5))
    some = search.smallest(made.interval)
    assert set(homes) == {"multiplier"}
    assert {stage.folding.weights for stage in without.stages if "norm" in stage.name} == {"lut"}
    used = sum(layer.multipliers(folding) for layer, folding, _ in
               graph.folded(some.network, some.foldings))
    assert 0 < used <= 5 and without.estimate.lut > some.estimate.lut


def test_the_image_may_be_read_in_beats() -> None:
    assert not graph.layers(residual(0))[0].by_beats and graph.layers(residual(0))[1].by_beats
    assert graph.layers(residual(0))[1].takes(lanes(1), PIXELS) == 0
