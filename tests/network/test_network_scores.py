"""Scores: the affine map behind the last sums as integers, and the class they choose."""

from fractions import Fraction
from itertools import product as every

import numpy as np
import pytest

from hw.network.exact import exact
from hw.network.order import Affine, agrees, disagreeing
from hw.network.scores import MULTIPLIER, RARE, _tamed, settled, usual
from hw.network.thresholds import Decision


def arrays(*lists):
    return [np.array(values, np.float64) for values in lists]


@pytest.mark.parametrize("positions", [1, 49])
def test_no_batch_norm_and_no_bias_are_exact(positions):
    affine = usual(*arrays([1 / positions] * 3, [0] * 3, [0] * 3))
    assert affine.multipliers.tolist() == [1, 1, 1]
    assert affine.offsets.tolist() == [0, 0, 0]
    assert affine.scale == 1 / positions


def test_bias_alone_rounds_only_the_offset():
    """A bias b moves the centre to -b; the multiplier is a power of two."""
    affine = usual(*arrays([1, 1], [-0.5, 3.0], [0, 0]))
    assert affine.multipliers.tolist() == [1 << 16, 1 << 16]
    assert affine.offsets.tolist() == [1 << 15, -3 << 16]
    assert affine.scale == 2**-16


def test_negative_and_zero_slopes():
    affine = usual(*arrays([-2.0, 0.0, 1.0], [0, 0, 0], [0, 1.0, 0]))
    assert affine.multipliers.tolist() == [-MULTIPLIER, 0, round(MULTIPLIER / 2)]
    assert affine.offsets.tolist() == [0, round(MULTIPLIER / 2), 0]


def test_all_slopes_zero_orders_the_levels():
    affine = usual(*arrays([0, 0, 0], [5, 5, 5], [-0.25, 1e-6, 0.5]))
    assert affine.multipliers.tolist() == [0, 0, 0]
    assert affine.offsets.argsort().tolist() == [0, 1, 2]


def test_all_slopes_and_levels_zero_tie():
    affine = usual(*arrays([0, 0], [5, 7], [0, 0]))
    assert affine.multipliers.tolist() == affine.offsets.tolist() == [0, 0]


def test_one_class_far_away_does_not_overflow():
    affine = usual(*arrays([1e-30, 2e-30], [0, 0], [1e6, -1e6]))
    assert np.abs(affine.offsets).max() == 1 << 31
    assert affine.offsets[0] > affine.offsets[1]


@pytest.mark.parametrize("seed", range(50))
def test_scores_keep_the_documented_bound(seed):
    rng = np.random.default_rng(seed)
    slopes, levels = rng.normal(size=(2, 10))
    centres = 300 * rng.normal(size=10)
    multipliers, offsets, scale = usual(slopes, centres, levels)
    assert np.abs(multipliers).max() == MULTIPLIER
    sums = rng.integers(-3000, 3000, (1000, 10))
    exact = slopes * (sums - centres) + levels
    found = scale * (multipliers * sums + offsets)
    slack = 1e-9  # of the float64 arithmetic in this test itself
    assert (np.abs(found - exact) <= scale * (np.abs(sums - centres) + 1) / 2 + slack).all()


def decision(gamma, beta, mean, variance, *, eps=1e-5, bias=None):
    columns = [np.array(each, np.float32) for each in (gamma, beta, mean, variance)]
    none = np.zeros(len(columns[0]), np.float32)
    return Decision(**dict(zip(("gamma", "beta", "mean", "variance"), columns, strict=True)),
                    eps=eps, bias=none if bias is None else np.array(bias, np.float32))


def head(given, positions, sums):
    """The integers of a head, as fold makes them, and its exact scores."""
    gamma, beta, mean, variance, bias = (values.astype(float) for values in (
        given.gamma, given.beta, given.mean, given.variance, given.bias))
    slopes = gamma / np.sqrt(variance + given.eps) / positions
    meant = exact(given, positions)
    return settled(usual(slopes, positions * (mean - bias), beta), meant, sums), meant


def drawn(seed):
    """Three classes: slopes of both signs up to 1e6 apart, zero gammas, dead classes."""
    rng = np.random.default_rng(seed)
    reach = int(rng.integers(3, 9))
    gamma = rng.normal(size=3) * 10.0 ** rng.choice([0, 0, 0, -3, 3], 3)
    gamma *= rng.random(3) > 0.1
    variance = reach * 10.0 ** rng.choice([0, 0, -3, -6, -38], 3)
    mean = rng.normal(size=3) * reach * rng.choice([0.3, 1, 5], 3)
    if rng.random() < 0.2:
        gamma[:], variance[:] = gamma[0], variance[0]
    given = decision(gamma, rng.normal(size=3), mean, variance,
                     bias=rng.normal(size=3) if rng.random() < 0.3 else None)
    return given, int(rng.choice([1, 1, 49])), range(-reach, reach + 1, int(rng.choice([1, 2])))


@pytest.mark.parametrize("seed", range(24))
def test_class_of_every_sum_is_that_of_exact_scores(seed, monkeypatch):
    """But where two scores differ by less than a float32 of them can tell."""
    monkeypatch.setattr("hw.network.scores.RARE", 0)
    given, positions, sums = drawn(seed)
    affine, meant = head(given, positions, sums)
    assert agrees(affine, meant, sums)
    top = list(every(sums, repeat=3))
    found = (np.array(top) * affine.multipliers + affine.offsets).argmax(1)
    for total, klass in zip(top, found.tolist(), strict=True):
        if klass in meant.best(total):
            continue
        parts = [(slope * at, level)
                 for slope, at, level in zip(meant.slopes, total, meant.levels, strict=True)]
        scores = [sum(each) for each in parts]
        size = sum(abs(part) for each in parts for part in each)
        assert max(scores) - scores[klass] <= size * Fraction(2) ** -23


@pytest.mark.parametrize("variance", [0.0, 1e-30, 1e-4, 1e-2])
@pytest.mark.parametrize("mean", [600.0, 301.0, 100.5, -600.0])
def test_a_class_that_learned_a_strong_no_does_not_coarsen_the_others(variance, mean):
    rng = np.random.default_rng(1)
    given = decision([1.0] * 10, rng.normal(size=10), [*rng.normal(0, 9, 9), mean],
                     [*rng.uniform(200, 400, 9), variance])
    sums = range(-300, 301, 2)
    affine, meant = head(given, 1, sums)
    assert agrees(affine, meant, sums)
    totals = rng.choice(np.array(sums), (500, 10))
    found = (totals * affine.multipliers + affine.offsets).argmax(1)
    assert all(klass in meant.best(total)
               for klass, total in zip(found.tolist(), totals.tolist(), strict=True))


def test_slopes_of_a_size_keep_18_bits():
    rng = np.random.default_rng(2)
    given = decision(rng.uniform(0.5, 1, 10), rng.normal(size=10), rng.normal(0, 9, 10), [400] * 10)
    affine, meant = head(given, 1, range(-500, 501, 2))
    assert np.abs(affine.multipliers).max() == MULTIPLIER
    assert disagreeing(affine, meant, range(-500, 501, 2)) <= RARE


@pytest.mark.parametrize("biases", [[0, 1e-9], [1e-9, 0], [3, 3.0000002], [0, 1e30], [0.5, -0.5]])
def test_biases_that_16_bits_do_not_tell_keep_their_order(biases):
    given = decision([1, 1], [0, 0], [0, 0], [1, 1], eps=0.0, bias=biases)
    sums = range(-20, 21, 2)
    affine, meant = head(given, 1, sums)
    for one, other in every(sums, repeat=2):
        scores = np.array([one, other]) * affine.multipliers + affine.offsets
        assert set(np.flatnonzero(scores == scores.max())) == meant.best((one, other))


@pytest.mark.parametrize("steep", [0, 1])
def test_a_steep_class_keeps_its_sides_of_one_that_never_moves(steep):
    """Of 18 bits none is left for a level between 9 and 10."""
    flat = 1 - steep
    given = decision([1e6 * flat, 1e6 * steep], [9 + 1.001 * steep, 9 + 1.001 * flat], [0, 0],
                     [1, 1], eps=0.0)  # fmt: skip
    sums = range(-20, 21, 2)
    affine, meant = head(given, 1, sums)
    assert agrees(affine, meant, sums)
    assert not agrees(usual(*arrays(meant.slopes, [0, 0], meant.levels)), meant, sums) or steep


def test_scores_that_never_move_tie_and_the_first_class_wins():
    same, first = (exact(decision([0, 0], beta, [0, 0], [1, 1], eps=0.0), 1)
                   for beta in ([0, 0], [1, 0]))
    affine, second = (Affine(np.array([0, 0]), np.array(offsets), 1.0)
                      for offsets in ([0, 0], [0, 1]))
    assert agrees(affine, same, range(-5, 6)) and agrees(affine, first, range(-5, 6))
    assert not agrees(second, first, range(-5, 6))


def test_wrong_pairs_are_counted_one_by_one():
    """Two classes of equal scores, the first one half a sum too low: it loses all ties."""
    meant = exact(decision([1, 1], [0.5, 0], [0, 0], [1, 1], eps=0.0), 1)
    affine = Affine(np.array([2, 2]), np.array([-1, 0]), 0.5)
    sums = range(-5, 6)
    assert disagreeing(affine, meant, sums) == 11 / 11**2
    assert not agrees(affine, meant, sums)


@pytest.mark.parametrize("seed", range(40))
def test_wrong_pairs_of_every_class_are_counted(seed):
    """Against all pairs of sums of all pairs of classes, one by one."""
    rng = np.random.default_rng(seed)
    meant = exact(decision(rng.normal(size=3), rng.normal(size=3), [0] * 3, [1] * 3, eps=0.0), 1)
    affine = Affine(rng.integers(-9, 10, 3), rng.integers(-9, 10, 3), 1.0)
    sums = range(-4, 5)
    wrong, floor = 0, max(min(slope * at + level for at in (-4, 4))
                          for slope, level in zip(meant.slopes, meant.levels, strict=True))
    for c, at in every(range(3), sums):
        score, found = meant.slopes[c] * at + meant.levels[c], affine.multipliers[c] * at
        found += affine.offsets[c]
        for other in {0, 1, 2} - {c} if score >= floor else ():
            should = sum(score > meant.slopes[other] * x + meant.levels[other] for x in sums)
            does = sum((found, other) >= (affine.multipliers[other] * x + affine.offsets[other], c)
                       for x in sums)
            wrong += max(should - does, 0)
    assert disagreeing(affine, meant, sums) == pytest.approx(wrong / (3 * 9**2), rel=1e-12)


@pytest.mark.parametrize("seed", range(80))
def test_tamed_lines_choose_the_class_of_the_lines(seed):
    given, positions, sums = drawn(seed)
    meant = exact(given, positions)
    slopes, levels = _tamed(meant, sums)
    for total in every(sums, repeat=3):
        scores = [slope * at + level
                  for slope, at, level in zip(slopes, total, levels, strict=True)]
        assert scores.index(max(scores)) in meant.best(total)


def test_steep_lines_are_tamed():
    """A single sum of the steep class lies among the scores of the other."""
    meant = exact(decision([1e6, 1], [0.5, 0], [0, 0], [1, 1], eps=0.0), 1)
    slopes, _ = _tamed(meant, range(-20, 21, 2))
    assert 0 < max(slopes) / min(slopes) < 100


def test_levels_of_whole_steps_but_for_a_tiny_eps_tie_as_in_float32():
    biases = [0.25, -0.125, 0.0, -0.25]
    given = decision([0.125] * 4, biases, [0] * 4, [1] * 4, eps=1e-12)
    for step in (1, 2):
        affine, _ = head(given, 1, range(-20, 21, step))
        steps = affine.offsets / affine.multipliers
        assert (steps - steps[0]).tolist() == [0, -3, -2, -4]
