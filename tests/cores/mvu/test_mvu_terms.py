"""Numbers and their complements: ranges, biases, and where they turn."""

import pytest

from hw.cores.mvu.terms import Number, Term


@pytest.mark.parametrize(("low", "high", "complement", "single"), [
    (0, 1, (0, 1), True), (0, 5, (2, 7), False), (-3, 2, (-3, 2), False), (-4, 1, (-2, 3), False),
    (0, 2, (1, 3), False),
])
def test_a_complement_has_the_range_of_its_bits(
    low: int, high: int, complement: tuple[int, int], single: bool
) -> None:
    number = Number(0, low, high)
    assert number.single == single
    assert (~Term(number)).range == complement
    assert (~~Term(number)).range == (low, high)


def test_what_turns_has_the_range_of_both() -> None:
    term = Term(Number(0, 0, 5, biases=(0, 0, 0)), 0b010)
    assert term.turns and term.range == (0, 7) and term.biases == (0, 7, 0)
    assert not (~term).turned(0b010).turns
