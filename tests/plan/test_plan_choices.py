"""Choices of a layer: where its weights may live."""

import pytest
from plan_networks import cnv, digits

from hw.plan.graph import layers


@pytest.mark.parametrize("network", [digits(), cnv()], ids=["digits", "cnv"])
def test_weights_live_in_logic_exactly_where_there_is_one_word(network):
    for layer in layers(network):
        for each in layer.foldings():
            alone = each.pe * each.simd == layer.product.weights.size
            assert (each.weights == "logic") == alone
