"""Operations of a network and their energy, in three accounts."""

from hw.emit.energy import PICOJOULE, account, of_network
from hw.emit.paper import binary_layer
from hw.network.fold import fold
from hw.network.nodes.operations import Operations
from hw.plan.graph import layers
from sim.random_networks import random_checkpoint


def test_a_sum_with_two_thresholds_is_compared_twice() -> None:
    network = fold(random_checkpoint(110, pairs=True))
    (layer,) = [layer for layer in layers(network) if layer.copies == 2]
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
