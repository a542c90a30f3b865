"""The paper's networks: each is known by its products, and any other by what is nearest."""

import pytest

from hw.emit.energy import joules
from hw.emit.paper import NETS, Net, nearest, vgg


@pytest.mark.parametrize("net", NETS, ids=str)
def test_a_network_of_the_paper_is_known_by_its_products(net: Net) -> None:
    found = nearest(net.xnors)
    assert (found.width, found.groups, found.printed) == (net.width, net.groups, net.printed)
    # What it prints for its networks is its account of them, within two of its digits' roundings.
    ours = 1e6 * joules(vgg(net.width, net.groups), "count")
    assert abs(float(net.printed) - ours) <= 0.005 + 0.02 * ours


def test_a_smaller_network_than_any_is_nearest_to_the_smallest() -> None:
    assert nearest(1000).number == 6
    assert nearest(10**12).number == 5
