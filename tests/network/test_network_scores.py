"""Scores: the affine map behind the last sums as integers, with the error it promises."""

import numpy as np
import pytest

from hw.network.scores import MULTIPLIER, quantise


def arrays(*lists):
    return [np.array(values, np.float64) for values in lists]


@pytest.mark.parametrize("positions", [1, 49])
def test_no_batch_norm_and_no_bias_are_exact(positions):
    affine = quantise(*arrays([1 / positions] * 3, [0] * 3, [0] * 3))
    assert affine.multipliers.tolist() == [1, 1, 1]
    assert affine.offsets.tolist() == [0, 0, 0]
    assert affine.scale == 1 / positions


def test_bias_alone_rounds_only_the_offset():
    """A bias b moves the centre to -b; the multiplier is a power of two."""
    affine = quantise(*arrays([1, 1], [-0.5, 3.0], [0, 0]))
    assert affine.multipliers.tolist() == [1 << 16, 1 << 16]
    assert affine.offsets.tolist() == [1 << 15, -3 << 16]
    assert affine.scale == 2**-16


def test_negative_and_zero_slopes():
    affine = quantise(*arrays([-2.0, 0.0, 1.0], [0, 0, 0], [0, 1.0, 0]))
    assert affine.multipliers.tolist() == [-MULTIPLIER, 0, round(MULTIPLIER / 2)]
    assert affine.offsets.tolist() == [0, round(MULTIPLIER / 2), 0]


def test_all_slopes_zero_orders_the_levels():
    affine = quantise(*arrays([0, 0, 0], [5, 5, 5], [-0.25, 1e-6, 0.5]))
    assert affine.multipliers.tolist() == [0, 0, 0]
    assert affine.offsets.argsort().tolist() == [0, 1, 2]


def test_all_slopes_and_levels_zero_tie():
    affine = quantise(*arrays([0, 0], [5, 7], [0, 0]))
    assert affine.multipliers.tolist() == affine.offsets.tolist() == [0, 0]


def test_one_class_far_away_does_not_overflow():
    affine = quantise(*arrays([1e-30, 2e-30], [0, 0], [1e6, -1e6]))
    assert np.abs(affine.offsets).max() == 1 << 31
    assert affine.offsets[0] > affine.offsets[1]


@pytest.mark.parametrize("seed", range(50))
def test_scores_keep_the_documented_bound(seed):
    rng = np.random.default_rng(seed)
    slopes, levels = rng.normal(size=(2, 10))
    centres = 300 * rng.normal(size=10)
    multipliers, offsets, scale = quantise(slopes, centres, levels)
    assert np.abs(multipliers).max() == MULTIPLIER
    sums = rng.integers(-3000, 3000, (1000, 10))
    exact = slopes * (sums - centres) + levels
    found = scale * (multipliers * sums + offsets)
    slack = 1e-9  # of the float64 arithmetic in this test itself
    assert (np.abs(found - exact) <= scale * (np.abs(sums - centres) + 1) / 2 + slack).all()
