"""The layout of the weight memory, bit by bit."""

import numpy as np
import pytest

from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import weight_words, whole_passes


@pytest.mark.parametrize(("outputs", "inputs", "pe", "simd"), [
    (1, 1, 1, 1), (4, 12, 2, 4), (5, 6, 3, 2), (7, 9, 7, 9), (6, 8, 4, 1),
])
@pytest.mark.parametrize("seed", [1, 2], ids="seed{}".format)
def test_every_weight_has_its_bit(
    outputs: int, inputs: int, pe: int, simd: int, seed: int
) -> None:
    weights = np.random.default_rng(seed).choice([-1, 1], (outputs, inputs))
    sizes = MvuSizes(outputs=outputs, inputs=inputs, pe=pe, simd=simd)
    words = weight_words(sizes, weights)
    assert len(words) == sizes.words == sizes.passes * sizes.beats
    for number, word in enumerate(words):
        pass_, beat = divmod(number, sizes.beats)
        for bit in range(pe * simd):
            row, column = pass_ * pe + bit // simd, beat * simd + bit % simd
            expected = row < outputs and weights[row, column] > 0
            assert word >> bit & 1 == expected


@pytest.mark.parametrize(("shared", "simd"), [(2, 4), (3, 6), (4, 4)])
def test_inputs_that_share_a_weight_have_one_bit(shared: int, simd: int) -> None:
    once = np.random.default_rng(shared).choice([-1, 1], (5, 24 // shared))
    every = {"outputs": 5, "pe": 2}
    sizes = MvuSizes(inputs=24, simd=simd, shared=shared, **every)
    plain = MvuSizes(inputs=24 // shared, simd=simd // shared, **every)
    assert (sizes.word, sizes.words) == (plain.lanes, plain.words)
    assert weight_words(sizes, once.repeat(shared, axis=1)) == weight_words(plain, once)


def test_inputs_that_differ_where_they_should_share_a_weight_are_refused() -> None:
    sizes = MvuSizes(outputs=1, inputs=4, pe=1, simd=4, shared=2)
    with pytest.raises(ValueError, match="not every 2 inputs side by side have the same weights"):
        weight_words(sizes, np.array([[1, 1, 1, -1]]))


def test_a_matrix_of_another_shape_is_refused() -> None:
    sizes = MvuSizes(outputs=4, inputs=12, pe=2, simd=4)
    with pytest.raises(ValueError, match="outputs and inputs are 4 and 12"):
        weight_words(sizes, np.ones((12, 4), np.int8))


def test_idle_rows_of_the_last_pass_are_zeros() -> None:
    assert whole_passes(np.array([[1, 2, 3]]), 2).tolist() == [[1, 2, 3, 0]]
    assert whole_passes(np.array([1, 2]), 2).tolist() == [1, 2]
