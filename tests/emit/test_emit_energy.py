"""The operator model reproduces the paper's tables 2 and 3, digit by digit."""

import pytest

from hw.emit.energy import (
    PICOJOULE,
    Operations,
    abc_net_layer,
    account,
    binary_layer,
    of_network,
    xnor_net_layer,
)
from hw.network.fold import fold
from sim.random_networks import random_checkpoint

LAYER = {"outputs": 256, "positions": 56 * 56}
"""Table 2: 256 to 256 channels, 3x3, on a 56 x 56 map."""

# The columns with the counter are ours, not the paper's: four digits of the sum. (In two digits
# they are easily rounded twice: 0.845 is 0.8449, and 18.75 is 18.749.)


def vgg(x: int, groups: int = 3) -> Operations:
    """Frame of ``xC-xC-MP-2xC-2xC-MP-4xC-4xC-10C-GP`` at 32x32x3, 3x3 kernels, padding 1."""
    total, channels = Operations(), 3
    for group in range(groups):
        side, outputs = 32 >> group, x << group
        for _ in range(2):
            total += binary_layer(size=9 * channels, outputs=outputs, positions=side * side)
            channels = outputs
    last = 32 >> 2
    return total + binary_layer(size=9 * channels, outputs=10, positions=last * last)


def microjoules(operations: Operations, *without: str) -> float:
    return operations.joules(*without) * 1e6


def test_table_2_layer_has_the_paper_s_operations() -> None:
    layer = binary_layer(size=9 * 256, **LAYER)
    assert (layer.xnor, layer.compare) == (1_849_688_064, 802_816)


@pytest.mark.parametrize(
    ("name", "layer", "paper", "counter"),
    [
        ("BNN", binary_layer(size=9 * 256, **LAYER), "1.415", "15.84"),
        ("XNOR-Net", xnor_net_layer(taps=9, channels=256, **LAYER), "4.32", "18.75"),
        ("ABC-Net", abc_net_layer(size=9 * 256, **LAYER), "24.56", "154.4"),
    ],
)
def test_table_2(name: str, layer: Operations, paper: str, counter: str) -> None:
    assert rounded(microjoules(layer, "count"), paper) == paper
    assert rounded(microjoules(layer), counter) == counter


@pytest.mark.parametrize(
    ("net", "operations", "paper", "counter"),
    [
        (1, vgg(128, groups=2), "0.295", "3.279"),
        (2, vgg(128), "0.469", "5.231"),
        (3, vgg(179), "0.912", "10.20"),
        (4, vgg(256), "1.856", "20.80"),
        (5, vgg(384), "4.161", "46.71"),
        (6, vgg(51), "0.077", "0.845"),
        (7, vgg(64), "0.120", "1.323"),
        (8, vgg(96), "0.266", "2.954"),
        (9, vgg(128), "0.469", "5.231"),
    ],
)
def test_table_3(net: int, operations: Operations, paper: str, counter: str) -> None:
    assert rounded(microjoules(operations, "count"), paper) == paper
    assert rounded(microjoules(operations), counter) == counter


def rounded(value: float, printed: str) -> str:
    """``value`` with as many decimals as the table prints."""
    decimals = len(printed.partition(".")[2])
    return f"{value:.{decimals}f}"


def test_a_sum_with_two_thresholds_is_compared_twice() -> None:
    network = fold(random_checkpoint(110, pairs=True))
    (layer,) = [layer for layer in network.layers if layer.copies == 2]
    done, positions = of_network(network)[layer.name], layer.product.geometry.positions
    assert done.compare == 2 * layer.product.outputs * positions
    assert done.xnor == layer.product.macs


def test_the_counter_costs_ten_times_an_xnor() -> None:
    assert round(PICOJOULE["count"] / PICOJOULE["xnor"]) == 10


def test_activity_is_toggles_at_the_energy_of_their_operator() -> None:
    done = binary_layer(size=10, outputs=2, positions=5)
    toggled = Operations(xnor=50, count=30, compare=4)
    energy = account(done, toggled)
    assert energy.activity == (50 * 7.6e-4 + 30 * 7.8e-3 + 4 * 1.1e-2) * 1e-12
    assert energy.paper == (100 * 7.6e-4 + 10 * 1.1e-2) * 1e-12
    assert account(done).activity is None
