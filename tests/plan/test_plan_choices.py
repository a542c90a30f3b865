"""Choices of a layer: where its weights may live."""

import pytest
from plan_networks import cnv, digits

from hw.plan.graph import layers


@pytest.mark.parametrize("network", [digits(), cnv()], ids=["digits", "cnv"])
def test_only_words_in_blocks_are_used_again_and_none_of_a_head(network):
    *hidden, head = layers(network)
    again = {each.weights for layer in hidden for each in layer.foldings() if each.reuse > 1}
    assert again == {"block"}
    assert {each.reuse for each in head.foldings()} == {1}


@pytest.mark.parametrize("network", [digits(), cnv()], ids=["digits", "cnv"])
def test_weights_live_in_logic_exactly_where_there_is_one_word(network):
    for layer in layers(network):
        for each in layer.foldings():
            alone = each.pe * each.simd == layer.product.weights.size
            assert (each.weights == "logic") == alone


@pytest.mark.parametrize("network", [digits(), cnv()], ids=["digits", "cnv"])
def test_weights_of_bits_are_functions_of_up_to_sixteen_steps(network):
    for layer in layers(network):
        words = {
            layer.passes(each) * (layer.product.geometry.size // each.simd)
            for each in layer.foldings() if each.weights == "steps"
        }  # fmt: skip
        assert words == set() if layer.element > 1 else words <= {*range(2, 17)} and 2 in words
        assert {each.reuse for each in layer.foldings() if each.weights == "steps"} <= {1}
