"""Affines of integers against Python, and the cycles they promise: products of every home, planes
of weights, shifts and saturation."""

import random
from typing import Any

import pytest

from boards.families import ECP5, ICE40
from hw.cores.fabric.rom import FEW
from hw.cores.integers.affine import Affine, AffineSizes, resources
from sim.beats import joined
from sim.cycles import PACES, Pace, passed


def drawn(rng: random.Random, **changes: Any) -> AffineSizes:
    """Sizes with random constants."""
    numbers: dict[str, Any] = {"element": 7, "lanes": 2, "shift": 3, "bits": 6, "channels": 6,
                               "joined": 1, "most": 60, "offset": 300, "home": "multiplier"}
    numbers |= changes
    half, channels, most = 1 << numbers["element"] - 1, numbers.pop("channels"), numbers.pop("most")
    joined_, offset = numbers.pop("joined"), numbers.pop("offset")
    numbers.setdefault("multipliers", tuple(
        tuple(rng.randint(-most, most) for _ in range(joined_)) for _ in range(channels)))
    numbers.setdefault("offsets", tuple(rng.randint(-offset, offset) for _ in range(channels)))
    return AffineSizes(source=range(-half, half), **numbers)


def planes(channels: int, *factors: int) -> dict[str, Any]:
    return {"multipliers": (factors,) * channels, "offsets": (0,) * channels}


CASES: dict[str, dict[str, Any]] = {
    "a batch norm": {},
    "in LUTs": {"home": "lut"},
    "in LUTs, an even number of bits": {"home": "lut", "most": 500, "bits": 12},
    "small factors in LUTs": {"home": "lut", "most": 1, "lanes": 3},
    "no saturation": {"bits": 20},
    "no shift": {"shift": 0, "bits": 10},
    "a shift of all bits": {"shift": 30},
    "no offsets": {"offset": 0},
    "one lane, many channels": {"lanes": 1, "channels": FEW + 2},
    "all channels at once": {"lanes": 6},
    "one channel": {"lanes": 1, "channels": 1},
    "three joined": {"joined": 3, "lanes": 1},
    "three joined in LUTs": {"joined": 3, "lanes": 2, "home": "lut"},
    "planes": {**planes(4, 1, 2, 4), "lanes": 2, "shift": 0, "bits": 16},
    "planes of even weights": {**planes(4, 1, 1, 2), "lanes": 1, "shift": 1, "bits": 16},
    "one plane, as it is": {**planes(2, 1), "lanes": 1, "shift": 0, "bits": 16},
    "nothing but offsets": {"multipliers": ((0,),) * 6},
    "constants that are all 0": {**planes(4, 0), "lanes": 2},
    "the same for all channels": {"multipliers": ((-3,),) * 6, "offsets": (5,) * 6},
}


def expected(sizes: AffineSizes, pixel: list[int]) -> list[int]:
    low, high = sizes.limits
    joined_ = sizes.joined
    return [
        min(max((sum(m * x for m, x in zip(row, pixel[c * joined_ :], strict=False)) + offset)
                >> sizes.shift, low), high)
        for c, (row, offset) in enumerate(zip(sizes.multipliers, sizes.offsets, strict=True))
    ]  # fmt: skip


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_integers_are_scaled_shifted_and_saturated_in_the_planned_cycles(
    name: str, pace: Pace
) -> None:
    rng = random.Random(pace.seed)
    sizes = drawn(rng, **CASES[name])
    low, high = sizes.source[0], sizes.source[-1]
    count = len(sizes.offsets) * sizes.joined
    pixels = [[low] * count, [high] * count]
    pixels += [[rng.randint(low, high) for _ in range(count)] for _ in range(8)]
    taken, given = sizes.lanes * sizes.joined, sizes.lanes
    sent, results = [], []
    for pixel in pixels:
        sent += [joined([x % (1 << sizes.element) for x in pixel[at : at + taken]], sizes.element)
                 for at in range(0, count, taken)]
        found = expected(sizes, pixel)
        results += [joined([x % (1 << sizes.width) for x in found[at : at + given]], sizes.width)
                    for at in range(0, len(found), given)]
    played = passed(Affine(sizes), sent, len(results), pace)
    assert played.values == results
    if not pace.stall:
        assert played.received == [cycle + sizes.latency for cycle in played.sent]
        assert played.sent == [*range(1, len(sent) + 1)]  # a cycle after reset, and then each


def test_a_result_is_as_wide_as_the_largest_needs() -> None:
    rng = random.Random(1)
    assert drawn(rng, **planes(2, 1), shift=0, bits=16, lanes=1).width == 7
    assert drawn(rng, **planes(2, 1, 2), shift=0, bits=16, lanes=1).width == 9
    assert drawn(rng).width == 6
    assert drawn(rng, **planes(2, 0), lanes=1).width == 2


def test_blocks_are_counted_for_products_that_no_shift_makes() -> None:
    rng = random.Random(1)
    assert drawn(rng).blocks() == 2
    assert drawn(rng, home="lut").blocks() == 0
    assert drawn(rng, **planes(4, 1, 2, 4)).blocks() == 0
    assert drawn(rng, joined=3, lanes=1).blocks(ICE40) == 3
    assert drawn(rng, element=19, most=9).blocks(ECP5) == 4
    assert drawn(rng, element=17, most=9).blocks(ICE40) == 4


def test_lanes_saturation_and_products_in_luts_cost_more() -> None:
    rng = random.Random(1)
    few, many = (resources(drawn(rng, lanes=lanes)) for lanes in (1, 6))
    assert few.lut < many.lut and few.ff < many.ff
    assert resources(drawn(rng, home="lut")).lut > resources(drawn(rng)).lut
    assert resources(drawn(rng, lanes=1, channels=FEW + 1)).ebr > 0 == many.ebr
