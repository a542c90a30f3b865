"""Sums that rows share: worked out number by number they are the counts, and they are few."""

import itertools
import random

import pytest

from hw.cores.mvu.sharing import Sharing, depth, stage
from hw.cores.mvu.terms import Term

SIZES = [(1, 1, 1), (1, 2, 1), (2, 3, 1), (3, 7, 1), (5, 16, 1), (8, 27, 1), (12, 64, 1),
         (1, 1, 4), (2, 3, 2), (4, 9, 4), (6, 27, 8)]  # fmt: skip
"""Rows, inputs, and bits of an input."""


def random_rows(rows: int, inputs: int, seed: int) -> list[int]:
    """The last is the complement of the first."""
    rng = random.Random(seed)
    made = [rng.getrandbits(inputs) for _ in range(rows)]
    made[-1] = made[0] ^ (1 << inputs) - 1
    return made


def worked_out(sharing: Sharing, inputs: list[int], step: int = 0) -> list[int]:
    """The count of every row at a step."""
    known = dict(enumerate(inputs))

    def value(term: Term) -> int:
        number, shape = known[term.number.place], term.number.shape
        if not term.inverted >> step & 1:
            return number
        return -1 - number if shape.signed else (1 << shape.width) - 1 - number

    for one in sharing.sums:
        known[one.place] = sum(map(value, one.parts))
        assert one.low <= known[one.place] <= one.high
    return [
        value(total.total) + (value(total.carry) if total.carry else 0) - total.excess[step]
        for total in sharing.totals
    ]


def count(row: int, inputs: list[int], element: int) -> int:
    other = [1 - x if element == 1 else ~x for x in inputs]
    return sum(x if row >> s & 1 else y for s, (x, y) in enumerate(zip(inputs, other, strict=True)))


@pytest.mark.parametrize(("rows", "inputs", "element"), SIZES)
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_row_is_counted(rows: int, inputs: int, element: int, seed: int) -> None:
    weights = random_rows(rows, inputs, seed)
    sharing = Sharing(weights, inputs=inputs, element=element)
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    rng = random.Random(seed)
    shown = [[low] * inputs, [high] * inputs]
    shown += [[low if weights[0] >> s & 1 else high for s in range(inputs)]]
    shown += [[rng.randint(low, high) for _ in range(inputs)] for _ in range(30)]
    for some in shown:
        assert worked_out(sharing, some) == [count(row, some, element) for row in weights]


@pytest.mark.parametrize(("rows", "inputs", "element", "steps"), [
    (1, 1, 1, 2), (2, 5, 1, 3), (8, 40, 1, 2), (4, 64, 1, 16), (3, 9, 4, 5),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_row_is_counted_at_every_step(
    rows: int, inputs: int, element: int, steps: int, seed: int
) -> None:
    weights = random_rows(rows, inputs * steps, seed)
    sharing = Sharing(weights, inputs=inputs, element=element, steps=steps)
    low, high = (0, 1) if element == 1 else (-1 << element - 1, (1 << element - 1) - 1)
    rng = random.Random(seed)
    for step in range(steps):
        for some in [[low] * inputs, [high] * inputs,
                     *([rng.randint(low, high) for _ in range(inputs)] for _ in range(10))]:
            assert worked_out(sharing, some, step) == [
                count(row >> step * inputs, some, element) for row in weights]


def test_what_agrees_but_for_signs_at_some_steps_is_one() -> None:
    words = random_rows(3, 20, 1)
    row, turned = (sum(word << 20 * step for step, word in enumerate(some))
                   for some in (words, [words[0], words[1] ^ 0xFFFFF, words[2]]))
    one, both = (Sharing(rows, inputs=20, steps=3) for rows in ([row], [row, turned]))
    assert both.full_adders == one.full_adders > 0


@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 5])
def test_rows_of_all_weights_are_counted_for_all_inputs(inputs: int) -> None:
    weights = list(range(1 << inputs))
    sharing = Sharing(weights, inputs=inputs)
    for some in itertools.product((0, 1), repeat=inputs):
        expected = [count(row, list(some), 1) for row in weights]
        assert worked_out(sharing, list(some)) == expected


@pytest.mark.parametrize(("rows", "inputs", "element"), SIZES)
def test_no_row_is_deeper_than_the_depth(rows: int, inputs: int, element: int) -> None:
    sharing = Sharing(random_rows(rows, inputs, 3), inputs=inputs, element=element)
    levels = [total.total.number.level for total in sharing.totals]
    assert max(levels) <= depth(inputs, element) == sharing.depth
    for one in sharing.sums:
        assert one.level == 1 + max(part.number.level for part in one.parts)
        assert all(part.number.place < one.place for part in one.parts)
        assert all(part.number.single for part in one.parts[2:])


def test_a_complement_costs_nothing() -> None:
    one, both = (Sharing(rows, inputs=20) for rows in ([0x5A5A5], [0x5A5A5, 0xA5A5A]))
    assert both.full_adders == one.full_adders > 0


@pytest.mark.parametrize(("inputs", "element"), [(64, 1), (27, 8)])
def test_rows_together_cost_less_than_each_alone(inputs: int, element: int) -> None:
    weights = random_rows(8, inputs, 4)
    alone = [Sharing([row], inputs=inputs, element=element).full_adders for row in weights]
    assert Sharing(weights, inputs=inputs, element=element).full_adders < 0.8 * sum(alone)


@pytest.mark.parametrize(("level", "levels", "registers"), [
    (0, 1, 0), (1, 1, 0), (2, 1, 1), (4, 1, 3), (2, 2, 0), (3, 2, 1), (4, 2, 1), (5, 2, 2),
])
def test_a_register_comes_after_every_so_many_adders(
    level: int, levels: int, registers: int
) -> None:
    assert stage(level, levels) == registers
