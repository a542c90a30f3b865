"""Cycles of a frame, against published foldings and figures worked out by hand."""

import itertools
import math
from dataclasses import replace

import pytest
from plan_networks import cnv, conv, digits, first, flat, hidden

from boards.known.ulx3s import BOARD
from hw.plan.formats import Beats, Formats
from hw.plan.graph import layers
from hw.plan.latency import latencies, latency
from hw.plan.plan import Folding
from hw.plan.search import plan

BNN_PYNQ = {"pe": (16, 32, 16, 16, 4, 1, 1, 1, 2), "simd": (3, 32, 32, 32, 32, 32, 4, 8, 1)}
"""CNV W1A1 as its published weight files are folded; theirs has 64 padded
outputs at PE 4 in the last layer, ours has 10."""


def folding(pe: int, simd: int) -> Folding:
    return Folding(pe=pe, simd=simd, weights="block")


def test_cnv_folded_as_published_takes_the_published_cycles():
    foldings = map(folding, *BNN_PYNQ.values())
    frames = [
        layer.interval(each)
        for layer, each in zip(layers(cnv()), foldings, strict=True)
    ]
    assert frames == [32400, 28224, 20736, 28800, 20736, 18432, 32768, 32768, 2560]


@pytest.mark.parametrize(("pe", "simd", "product"), [(1, 1, 16 * 9 * 784), (16, 9, 784)])
def test_product_takes_a_beat_for_every_fold(pe, simd, product):
    layer = first(digits())
    assert layer.cycles(folding(pe, simd)) == {
        "write": 784, "product": product, "pool_write": 784, "pool": 784,
    }


def test_pixels_at_once_share_the_beats_and_leave_one_by_one():
    layer = first(digits())
    assert layer.cycles(Folding(pe=4, simd=3, weights="block", pixels=7)) == {
        "write": 784, "product": 784 // 7 * 4 * 3, "serialiser": 784, "pool_write": 784,
        "pool": 784,
    }


@pytest.mark.parametrize(("pixels", "product", "serialiser"), [
    (2, 784 // 2, {}), (14, 784 // 14 * 4 * 3, {"serialiser": 392}),
])
def test_pixels_that_come_and_go_together_take_half_the_cycles(pixels, product, serialiser):
    layer = first(digits())
    pe, simd = (16, 9) if pixels == 2 else (4, 3)
    assert layer.cycles(
        Folding(pe=pe, simd=simd, weights="block", pixels=pixels, enters=2, leaves=2)
    ) == {"write": 392, "product": product, "pool_write": 392, "pool": 392} | serialiser


def test_beats_of_a_folding_fit_its_pixels():
    layer = first(digits())
    for beats in itertools.product(layer.entering(), layer.leaving()):
        found = list(layer.foldings(beats=Beats(*beats)))
        assert {(each.enters, each.leaves) for each in found} == {beats}
        alike = {each.together for each in found}
        assert alike and all(each % math.lcm(*beats) == 0 for each in alike)
        for each in found:
            parts = layer.cycles(each)
            assert parts["product"] >= parts.get("serialiser", 0)


def test_weights_that_are_used_again_take_no_time():
    layer = hidden(conv((8, 14, 14), 10, 3))
    once, again = (
        Folding(pe=3, simd=8, weights="block", pixels=2, reuse=reuse) for reuse in (1, 3)
    )
    assert layer.cycles(again) == layer.cycles(once) == {
        "write": 196, "product": 144 // 2 * 4 * 9, "serialiser": 144,
    }


@pytest.mark.parametrize(("simd", "shared", "bits"), [(1, 1, 4), (2, 2, 4), (3, 3, 4), (4, 2, 8),
                                                      (6, 6, 4), (12, 6, 8), (36, 6, 24)])
def test_a_word_of_weights_has_those_of_copies_once_where_they_come_together(simd, shared, bits):
    plain = conv((12, 5, 5), 4, 3)
    weights = plain.weights[..., ::6].repeat(6, axis=-1)
    layer = hidden(replace(plain, weights=weights))
    here = folding(4, simd)
    unit = layer.unit(here, layer.window(here))
    assert (unit.shared, unit.word) == (shared, bits)


def test_logic_has_the_weight_of_every_copy():
    plain = conv((4, 3, 3), 2, 0)
    layer = hidden(replace(plain, weights=plain.weights[..., ::2].repeat(2, axis=-1)))
    here = Folding(pe=2, simd=36, weights="logic")
    assert layer.product.shared == 2 and layer.unit(here, layer.window(here)).shared == 1


def test_a_vector_in_parts_is_not_written_pixel_by_pixel():
    layer = first(flat())
    assert layer.cycles(folding(16, 49), Formats(takes=True)) == {"product": 64}
    assert layer.interval(folding(64, 784), Formats(takes=True)) == 1
    assert layer.interval(folding(64, 784)) == 784


def test_writing_bounds_a_layer_with_few_outputs():
    layer = hidden(conv((4, 16, 16), 2, 2, stride=4))
    assert layer.interval(folding(2, 16)) == 256


def test_overlapping_pool_bounds_a_layer_that_is_unfolded():
    layer = hidden(conv((4, 8, 8), 2, 1))
    assert layer.interval(folding(2, 4)) == 64
    assert hidden(layer.product, pool=3).interval(folding(2, 4)) == 64


def test_head_takes_its_counts_one_by_one():
    *_, head = layers(digits())
    assert head.heads
    assert head.cycles(folding(10, 1568)) == {"write": 49, "product": 1, "scores": 10}


def test_utilisation_is_the_share_of_the_interval():
    assert first(digits()).utilisation(folding(16, 9), 3136) == 0.25


def test_a_frame_is_through_one_layer_after_the_other():
    made = plan(cnv(), BOARD, fill=0.6)
    through = latencies(made.network, made.foldings)
    assert len(through) == len(made.stages)
    assert list(through) == sorted(set(through))
    assert through[-1] == latency(made.network, made.foldings)
    assert through[0] > 32 * 32
