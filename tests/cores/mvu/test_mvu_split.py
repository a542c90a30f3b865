"""How a count is split, and how deep and late its parts are."""

import pytest

from hw.cores.mvu.split import depth, split, stage, stages


@pytest.mark.parametrize("size", range(4, 200))
def test_a_split_leaves_one_for_the_carry(size: int) -> None:
    a, b = split(size)
    assert (a + b + 1, a >= b >= 0) == (size, True)


@pytest.mark.parametrize("full", [3, 7, 15, 31, 63])
def test_the_larger_part_is_a_full_tree_from_one_to_the_next(full: int) -> None:
    assert split(full + 1) == (full, 0)
    assert split(2 * full) == (full, full - 1)
    assert split(2 * full + 1) == (full, full)


@pytest.mark.parametrize(("size", "levels"), [(1, 3), (3, 3), (4, 4), (7, 4), (8, 6), (64, 12)])
def test_a_count_is_two_levels_deeper_for_every_bit_of_it(size: int, levels: int) -> None:
    assert depth(size) == levels


@pytest.mark.parametrize(
    ("levels", "registers"),
    [(1, [1, 2, 3, 4, 5, 6, 7]), (2, [1, 1, 2, 2, 3, 3, 4]), (3, [1, 1, 1, 2, 2, 2, 3])],
)
def test_the_first_register_is_behind_the_first_level(levels: int, registers: list[int]) -> None:
    # What is at level 1 comes out of the first LUT4, before its register.
    before = [stage(level, levels) for level in range(1, 8)]
    assert before == [0 if level == 1 else registers[level - 2] for level in range(1, 8)]


@pytest.mark.parametrize(("levels", "registers"), [
    (4, [0, 1, 1, 1, 1, 2, 2, 2, 2]), (5, [0, 0, 0, 0, 0, 1, 1, 1, 1]),
    (8, [0, 0, 0, 0, 0, 0, 0, 0, 1]),
])
def test_registers_that_are_far_apart_begin_as_far_from_the_inputs(
    levels: int, registers: list[int]
) -> None:
    assert [stage(level, levels) for level in range(1, 10)] == registers


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 3, 4, 9, 64])
def test_a_count_takes_the_registers_of_its_deepest_bit(size: int, levels: int) -> None:
    assert stages(size, levels) == -(-(depth(size) - 1) // levels)
