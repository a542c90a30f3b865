"""The cost of a matrix-vector unit, by what it has; against synthesis see tests/plan."""

from typing import Any

import pytest

from boards.families import ECP5, ICE40
from boards.resources import Resources
from hw.cores.mvu import constantcost
from hw.cores.mvu.cost import resources
from hw.cores.mvu.sizes import MvuSizes


def sizes(**changes: Any) -> MvuSizes:
    numbers: dict[str, Any] = {"outputs": 64, "inputs": 144, "pe": 4, "simd": 16}
    return MvuSizes(**(numbers | changes))


@pytest.mark.parametrize(("family", "blocks"), [(ECP5, 2), (ICE40, 4)])
def test_weights_in_blocks_take_those_of_the_family(family: Any, blocks: int) -> None:
    assert resources(sizes(), family=family).ebr == blocks
    assert resources(sizes(home="lut"), family=family).ebr == 0


def test_a_word_that_is_held_is_read_through_fewer_ports() -> None:
    wide = {"pe": 16, "simd": 16, "pixels": 2}
    assert resources(sizes(**wide, reuse=4)).ebr < resources(sizes(**wide)).ebr


@pytest.mark.parametrize("home", ["block", "lut"])
def test_weights_that_inputs_share_are_kept_once(home: Any) -> None:
    wide = {"pe": 16, "simd": 16, "home": home}
    every, shared = resources(sizes(**wide)), resources(sizes(**wide, shared=2))
    assert shared.ebr == every.ebr // 2
    assert shared.ff < every.ff and shared.lut <= every.lut


def test_constant_weights_cost_their_sums() -> None:
    found = resources(sizes(outputs=8, inputs=144, pe=8, simd=144, home="logic"))
    assert found.lut > constantcost.resources(8, 144, 1).lut
    assert found.ebr == 0


def test_thresholds_and_inputs_in_common_are_counted() -> None:
    plain, starts = resources(sizes(thresholds=1)), Resources(lut=7, ff=5, ebr=1)
    assert resources(sizes(thresholds=1), starts=starts) == plain + starts
    assert resources(sizes(pixels=4), inputs=16).ff < resources(sizes(pixels=4)).ff
