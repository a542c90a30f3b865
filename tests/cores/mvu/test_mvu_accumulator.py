"""Running sums: begun, gone on with and held, interleaved, and their row of carry cells."""

import random

import pytest
from amaranth import Shape, signed, unsigned

from hw.cores.mvu.accumulator import Accumulators, verilog
from sim.beats import joined
from sim.cycles import cycles


@pytest.mark.parametrize(("width", "halves"), [(1, 2), (12, 14), (13, 14)])
def test_a_sum_is_one_row_of_carry_cells(width: int, halves: int) -> None:
    text = verilog(width)
    assert text.count("CCU2C #") * 2 == halves
    assert text.count(".CIN()") == 1
    assert text.count("()") == 1


@pytest.mark.parametrize("count", [unsigned(3), signed(3)], ids=str)
@pytest.mark.parametrize(
    ("width", "sums", "interleaved"), [(4, 1, 1), (6, 3, 1), (5, 2, 2), (5, 1, 3)]
)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_sums_start_go_on_and_wait(
    width: int, sums: int, interleaved: int, count: Shape, seed: int
) -> None:
    rng, mask = random.Random(seed), (1 << width) - 1
    low = -4 if count.signed else 0
    steps = [
        {
            # Nothing is known of what registers hold at first: each sum begins.
            "add": k < interleaved or rng.random() < 0.6,
            "first": k < interleaved or rng.random() < 0.3,
            "start": [rng.randint(0, mask) for _ in range(sums)],
            "count": [rng.randint(low, low + 7) for _ in range(sums)],
            "carry": [rng.randint(0, 1) for _ in range(sums)],
        }
        for k in range(120)
    ]  # fmt: skip
    asked = [
        {
            "add": now["add"], "first": now["first"], "carry": joined(before["carry"], 1),
            "start": joined(before["start"], width), "count": joined(before["count"], 3),
        }
        for now, before in zip([*steps, steps[0]], [steps[0], *steps], strict=True)
    ]  # fmt: skip
    kept: list[list[int]] = []
    expected = []
    for step in steps:
        if step["add"]:
            before = step["start"] if step["first"] else kept[-interleaved]
            more = zip(before, step["count"], step["carry"], strict=True)
            kept.append([sum(parts) & mask for parts in more])
        expected.append((joined(kept[-1], width),))
    dut = Accumulators(total=signed(width), count=count, sums=sums, interleaved=interleaved)
    asked.append(asked[-1])
    assert cycles(dut, asked, ["sum"])[2:] == expected
