"""Clamps of integers against Python: ranges that cost no comparison, and any other."""

import pytest

from hw.cores.integers.clamp import LATENCY, Clamp, resources
from hw.network.nodes.clamp import Clamp as Node
from hw.plan.memory import element_bits
from sim.beats import joined
from sim.cycles import PACES, Pace, passed

ELEMENT = 6

LIMITS = [
    (-8, 8), (-8, 7), (-1, 1), (-1, 0), (-32, 32), (-32, 31), (-64, 64),  # powers of two
    (-8, 9), (-7, 7), (-9, 8), (3, 10), (-20, -5), (-40, 2), (-2, 40), (0, 1), (-31, 30),
]  # fmt: skip


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_every_integer_is_held_within_its_range(limits: tuple[int, int], pace: Pace) -> None:
    low, high = limits
    numbers = [*range(-32, 32)]
    node = Node(name="clamp", sources=("x",), low=low, high=high)
    width = element_bits(node.values(range(-32, 32)))
    sent = [joined([each % 64 for each in numbers[at : at + 4]], ELEMENT)
            for at in range(0, 64, 4)]  # fmt: skip
    expected = [
        joined([min(max(each, low), high) % (1 << width) for each in numbers[at : at + 4]], width)
        for at in range(0, 64, 4)
    ]
    core = Clamp(lanes=4, element=ELEMENT, limits=limits, width=width)
    found = passed(core, sent, len(expected), pace)
    assert found.values == expected
    if not pace.stall:
        assert found.received == [cycle + LATENCY for cycle in found.sent]


def test_powers_of_two_are_cheap() -> None:
    def luts(low: int, high: int) -> int:
        return resources(lanes=4, element=18, limits=(low, high), width=14).lut

    # As synthesised: 24, 64 and, of comparisons, four times as many.
    assert luts(-4096, 4096) == 24 and luts(-4096, 4095) == 68
    assert luts(-4096, 4097) == luts(-4095, 4096) > 200
