"""What a kernel reads, counted by hand: places needed, freed, and outside; pixels to be held."""

from itertools import product

import pytest

from hw.cores.window.geometry import WindowGeometry
from hw.sliding import Axis

AXES = {
    "plain": Axis(size=6, kernel=3, stride=1, padding=0),
    "padded": Axis(size=6, kernel=3, stride=1, padding=1),
    "strided": Axis(size=7, kernel=3, stride=2, padding=1),
    "stride beyond kernel": Axis(size=9, kernel=2, stride=4, padding=0),
    "covering": Axis(size=5, kernel=5, stride=1, padding=0),
    "one place": Axis(size=1, kernel=1, stride=1, padding=0),
    "beyond the map": Axis(size=2, kernel=4, stride=1, padding=2),
    "leaves places": Axis(size=8, kernel=2, stride=3, padding=0),
    "two at once": Axis(size=6, kernel=3, stride=1, padding=0, pixels=2),
    "three at once, padded": Axis(size=6, kernel=5, stride=1, padding=2, pixels=3),
    "two at once, strided": Axis(size=9, kernel=3, stride=2, padding=0, pixels=2),
}

axes = pytest.mark.parametrize("name", AXES)


def reads(axis: Axis, step: int) -> list[int]:
    """Every place of a step, padding and all, pixel by pixel."""
    firsts = [(step * axis.pixels + k) * axis.stride - axis.padding for k in range(axis.pixels)]
    return [first + tap for first in firsts for tap in range(axis.kernel)]


def there(axis: Axis, step: int) -> list[int]:
    return [place for place in reads(axis, step) if 0 <= place < axis.size]


@axes
def test_steps_are_as_many_as_fit(name: str) -> None:
    axis = AXES[name]
    fitting = [
        first for first in range(-axis.padding, axis.size + axis.padding - axis.kernel + 1)
        if (first + axis.padding) % axis.stride == 0
    ]  # fmt: skip
    assert axis.outputs == len(fitting)
    assert axis.steps * axis.pixels == axis.outputs
    assert [axis.start(step) for step in range(axis.steps)] == fitting[:: axis.pixels]


@axes
def test_a_step_needs_all_up_to_the_last_place_that_it_reads(name: str) -> None:
    axis = AXES[name]
    for step in range(axis.steps):
        assert axis.needs(step) == min(max(reads(axis, step)), axis.size - 1) + 1


@axes
def test_what_a_step_frees_no_later_one_reads(name: str) -> None:
    axis = AXES[name]
    for step in range(axis.steps):
        later = [place for other in range(step + 1, axis.steps) for place in there(axis, other)]
        freed = axis.frees(step)
        assert all(place >= freed for place in later)
        if step == axis.steps - 1:
            assert freed == axis.size
        elif axis.start(step + 1) < axis.size:
            assert freed == min(later)  # and not one place too few


@axes
def test_outside_is_what_lies_in_the_padding(name: str) -> None:
    axis = AXES[name]
    for step in range(axis.steps):
        expected = tuple(not 0 <= place < axis.size for place in reads(axis, step))
        assert axis.outside(step) == expected


def spans() -> list[WindowGeometry]:
    rows = [axis for axis in AXES.values() if axis.pixels == 1]
    return [WindowGeometry(rows=a, columns=b) for a, b in product(rows, AXES.values())]


def test_a_position_needs_all_pixels_up_to_its_last() -> None:
    for span in spans():
        for row, column in product(range(span.rows.steps), range(span.columns.steps)):
            last = span.rows.needs(row) - 1, span.columns.needs(column) - 1
            assert span.needs(row, column) == last[0] * span.columns.size + last[1] + 1


def test_the_least_buffer_holds_what_every_position_needs_and_no_pixel_less_does() -> None:
    for span in spans():
        held = [
            span.needs(row, column) - (span.rows.frees(row - 1) if row else 0) * span.columns.size
            for row, column in product(range(span.rows.steps), range(span.columns.steps))
        ]
        assert span.least == max(held)


@pytest.mark.parametrize(("reuse", "places"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8)])
def test_reuse_has_as_many_places_as_the_next_power_of_two(reuse: int, places: int) -> None:
    axis = Axis(size=4 * reuse, kernel=1, stride=1, padding=0, pixels=2 * reuse)
    assert WindowGeometry(rows=AXES["plain"], columns=axis, reuse=reuse).places == places


@pytest.mark.parametrize("together", [1, 3, 9])
@pytest.mark.parametrize(
    ("pixels", "reuse", "stride"), [(1, 1, 1), (2, 1, 2), (4, 2, 1), (6, 3, 1)]
)
def test_reaches_are_pixels_from_the_first_tap_of_the_first_pixel(
    together: int, pixels: int, reuse: int, stride: int
) -> None:
    size = (2 * pixels - 1) * stride + 3
    columns = Axis(size=size, kernel=3, stride=stride, padding=0, pixels=pixels)
    span = WindowGeometry(rows=AXES["plain"], columns=columns, reuse=reuse)
    at_once = pixels // reuse
    found = span.reaches(together)
    assert len(found) == at_once * together
    for (pixel, tap), reach in zip(product(range(at_once), range(together)), found, strict=True):
        assert len(reach) == 9 // together * span.places
        for group, use in product(range(9 // together), range(reuse)):
            y, x = divmod(group * together + tap, 3)
            column = (use * at_once + pixel) * stride + x
            assert reach[group * span.places + use] == size * y + column


@pytest.mark.parametrize("together", [1, 3, 9])
@pytest.mark.parametrize(
    ("beat", "pixels", "reuse", "stride", "padding"),
    [(2, 2, 1, 1, 0), (2, 4, 2, 1, 1), (2, 1, 1, 2, 1), (4, 8, 4, 1, 1), (3, 3, 1, 1, 1)],
)
def test_reaches_and_turns_find_the_pixel_of_every_tap_in_words(
    together: int, beat: int, pixels: int, reuse: int, stride: int, padding: int
) -> None:
    columns = Axis(size=24, kernel=3, stride=stride, padding=padding, pixels=pixels)
    rows = Axis(size=5, kernel=3, stride=1, padding=padding)
    span = WindowGeometry(rows=rows, columns=columns, reuse=reuse, beat=beat)
    for row, step in product(range(rows.steps), range(span.columns.steps)):
        corner = span.start(row) + step * span.advance
        ends = zip(span.reaches(together), span.turns(together), strict=True)
        for number, (reach, turn) in enumerate(ends):
            pixel, tap = divmod(number, together)
            for group, use in product(range(9 // together), range(reuse)):
                y, x = divmod(group * together + tap, 3)
                column = columns.start(step) + (use * span.at_once + pixel) * stride + x
                place = group * span.places + use
                word = corner + reach[place]
                assert word * beat + turn[place] == (rows.start(row) + y) * 24 + column


def test_a_position_needs_whole_words() -> None:
    columns = Axis(size=12, kernel=3, stride=1, padding=1, pixels=4)
    span = WindowGeometry(rows=AXES["plain"], columns=columns, beat=4)
    assert [span.needs(0, column) for column in range(3)] == [2 * 3 + 2, 2 * 3 + 3, 2 * 3 + 3]
    assert span.words == 6 * 3
