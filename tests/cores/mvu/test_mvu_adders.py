"""Shared sums as cells: worked out cell by cell they are the counts, as late as promised."""

import random

import pytest

from hw.cores.mvu.adders import FIRST, Adders
from hw.cores.mvu.sharing import Sharing, stage
from sim.beats import joined
from sim.celltext import CellText

SIZES = [(1, 1, 1), (2, 2, 1), (3, 3, 1), (2, 5, 1), (4, 12, 1), (8, 33, 1), (5, 64, 1),
         (1, 1, 4), (2, 3, 2), (4, 9, 4), (6, 27, 8)]  # fmt: skip
"""Rows, inputs, and bits of an input."""


def made(rows: int, inputs: int, element: int, seed: int) -> tuple[list[int], Sharing]:
    rng = random.Random(seed)
    weights = [rng.getrandbits(inputs) for _ in range(rows)]
    return weights, Sharing(weights, inputs=inputs, element=element)


def count(row: int, inputs: list[int], element: int) -> int:
    return sum(
        x if row >> s & 1 else 1 - x if element == 1 else ~x for s, x in enumerate(inputs)
    )


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize(("rows", "inputs", "element"), SIZES)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_cells_add_up_to_the_counts(
    rows: int, inputs: int, element: int, levels: int, seed: int
) -> None:
    weights, sharing = made(rows, inputs, element, seed)
    width = inputs.bit_length() + element + 1
    rng = random.Random(seed)
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    shown = [[low] * inputs, [high] * inputs]
    shown += [[high if row >> s & 1 else low for s in range(inputs)] for row in weights]
    shown += [[rng.randint(low, high) for _ in range(inputs)] for _ in range(50)]
    unit = CellText(Adders(sharing, levels, width).module()[1], len(shown))
    late, found = stage(sharing.depth, levels), []
    asked = [joined(some, element) for some in shown]
    for now in (asked, asked[::-1], *[[0] * len(asked)] * late):
        found.append(unit.step({"i": now}))
    for each, of in ((found[late], shown), (found[late + 1], shown[::-1])):
        for o, carry, some in zip(each["o"], each["carry"], of, strict=True):
            sums = [(o >> p * width) + (carry >> p & 1) for p in range(rows)]
            assert [(s - total.excess[0] - count(row, some, element)) % (1 << width)
                    for s, total, row in zip(sums, sharing.totals, weights, strict=True)
                    ] == [0] * rows  # fmt: skip


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize(("rows", "inputs", "element", "steps"), [
    (1, 1, 1, 2), (1, 2, 1, 3), (2, 3, 1, 2), (1, 3, 1, 8), (2, 5, 1, 3), (4, 12, 1, 4),
    (3, 33, 1, 7), (5, 64, 1, 2), (4, 70, 1, 16), (16, 200, 1, 2), (2, 9, 4, 2), (3, 27, 8, 5),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_cells_add_up_to_the_counts_of_every_step(
    rows: int, inputs: int, element: int, steps: int, levels: int, seed: int
) -> None:
    rng = random.Random(seed)
    weights = [rng.getrandbits(inputs * steps) for _ in range(rows)]
    weights[-1] = weights[0] ^ (1 << inputs) - 1  # the complement at one step of several
    sharing = Sharing(weights, inputs=inputs, element=element, steps=steps)
    width = inputs.bit_length() + element + 1
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    shown = [([end] * inputs, step) for end in (low, high) for step in range(steps)]
    shown += [([rng.randint(low, high) for _ in range(inputs)], rng.randrange(steps))
              for _ in range(60)]  # fmt: skip
    unit = CellText(Adders(sharing, levels, width).module()[1], len(shown))
    late, found = stage(sharing.depth, levels) + FIRST, []
    asked = [joined(some, element) for some, _ in shown]
    at = [step for _, step in shown]
    for i, step in ((asked, at), (asked[::-1], at[::-1]), *[([0] * len(at),) * 2] * late):
        found.append(unit.step({"i": i, "step": step}))
    for each, of in ((found[late], shown), (found[late + 1], shown[::-1])):
        for o, carry, (some, step) in zip(each["o"], each["carry"], of, strict=True):
            for p, total in enumerate(sharing.totals):
                expected = count(weights[p] >> step * inputs, some, element) + total.excess[step]
                assert ((o >> p * width) + (carry >> p & 1) - expected) % (1 << width) == 0


def test_what_differs_has_another_name() -> None:
    names = {
        Adders(made(3, 9, 1, seed)[1], levels, 6).module()[0]
        for seed in (1, 2) for levels in (1, 2)
    }  # fmt: skip
    assert len(names) == 4
    assert Adders(made(3, 9, 1, 1)[1], 1, 6).module()[0] in names


def test_a_module_is_called_by_its_name() -> None:
    name, text = Adders(made(3, 9, 1, 1)[1], 2, 6).module()
    assert text.startswith(f"module {name}(input clk, input [8:0] i, ")
    assert "{name}" not in text
