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


def test_a_matrix_of_another_shape_is_refused() -> None:
    sizes = MvuSizes(outputs=4, inputs=12, pe=2, simd=4)
    with pytest.raises(ValueError, match="outputs and inputs are 4 and 12"):
        weight_words(sizes, np.ones((12, 4), np.int8))


def test_idle_rows_of_the_last_pass_are_zeros() -> None:
    assert whole_passes(np.array([[1, 2, 3]]), 2).tolist() == [[1, 2, 3, 0]]
    assert whole_passes(np.array([1, 2]), 2).tolist() == [1, 2]
