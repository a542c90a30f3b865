"""Thresholds: exact for every gamma, and where PyTorch's float32 really steps."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw.network.thresholds import Decision, settle


def decision(gamma=1.0, beta=0.0, mean=0.0, variance=1.0, bias=0.0, eps=0.0):
    return Decision(gamma=np.float32([gamma]), beta=np.float32([beta]), mean=np.float32([mean]),
                    variance=np.float32([variance]), bias=np.float32([bias]), eps=eps)


def batch_norm(sums, channel, **layout):
    """PyTorch's own float32 for float32 sums (N, MH, ...)."""
    tensors = (torch.from_numpy(values) for values in
               (channel.mean, channel.variance, channel.gamma, channel.beta))
    return functional.batch_norm(sums, *tensors, eps=channel.eps)


@pytest.mark.parametrize(("parameters", "threshold"), [
    ({}, 0),
    ({"mean": 3.0}, 3),
    ({"mean": 2.5}, 3),
    ({"mean": -2.5}, -2),
    ({"beta": 1.0}, -1),
    ({"beta": -1.0, "gamma": 0.5}, 2),
    ({"mean": 2.0, "bias": 1.5}, 1),
    ({"beta": 1.0, "variance": 4.0}, -2),
    ({"beta": 1.0, "variance": 3.0, "eps": 1.0}, -2),
    ({"gamma": -1.0, "mean": 3.0}, -3),
    ({"gamma": -1.0, "mean": 2.5}, -2),
    ({"gamma": -1.0, "mean": -2.5}, 3),
    ({"gamma": -2.0, "beta": 4.0}, -2),
    ({"gamma": -2.0, "beta": 4.0, "bias": 1.0}, -1),
])
def test_threshold_is_the_least_folded_sum_that_gives_one(parameters, threshold):
    assert decision(**parameters).exact(bound=10).tolist() == [threshold]


def test_threshold_equal_is_one():
    """A batch norm of exactly 0 is +1, from either side: sign(0) = +1."""
    assert decision(mean=4.0).exact(bound=9).tolist() == [4]
    assert decision(gamma=-1.0, mean=4.0).exact(bound=9).tolist() == [-4]
    channel = decision(mean=4.0)
    assert (batch_norm(torch.tensor([[4.0]]), channel) >= 0).item()


@pytest.mark.parametrize(("beta", "threshold"), [
    (1.0, -7), (0.0, -7), (-0.0, -7), (1e-30, -7), (-1e-30, 8), (-1.0, 8)])
@pytest.mark.parametrize("gamma", [0.0, -0.0])
def test_zero_gamma_is_the_constant_sign_of_beta(gamma, beta, threshold):
    assert decision(gamma=gamma, beta=beta, mean=3.0).exact(bound=7).tolist() == [threshold]


@pytest.mark.parametrize(("parameters", "threshold"), [
    ({"mean": 7.0}, 7),
    ({"mean": 7.5}, 8),
    ({"mean": 1e30}, 8),
    ({"mean": -7.0}, -7),
    ({"mean": -7.5}, -7),
    ({"mean": -1e30}, -7),
    ({"gamma": -1.0, "mean": 1e30}, -7),
    ({"gamma": 1e-30, "beta": -1.0}, 8),
    ({"gamma": -1e-30, "beta": 1.0}, -7),
])
def test_threshold_beyond_reach_is_clamped_to_always_or_never(parameters, threshold):
    assert decision(**parameters).exact(bound=7).tolist() == [threshold]


def test_no_rounding_where_double_precision_would_round():
    """sqrt(variance) is irrational and t a hair beside an integer: decided by exact squares."""
    variance = np.float32(2.0)
    beta = np.float32(-np.sqrt(2.0) * 5 / 2)  # t = -beta * sqrt(2), next to 5
    above = beta.astype(float) ** 2 * 2 > 25
    assert decision(beta=beta, variance=variance).exact(bound=9).tolist() == [6 if above else 5]


@pytest.mark.parametrize("seed", range(4))
def test_paper_prints_the_wrong_sign(seed):
    """BNN-DL's printed ``mean + sigma * beta / gamma`` gives other bits than PyTorch."""
    rng = np.random.default_rng(seed)
    gamma, beta, mean = rng.normal(size=(3, 64)).astype(np.float32)
    channel = Decision(gamma=np.abs(gamma) + np.float32(0.1), beta=beta, mean=10 * mean, eps=1e-5,
                       variance=np.full(64, 40, np.float32), bias=np.zeros(64, np.float32))
    sums = torch.arange(-30, 31, dtype=torch.float32)[:, None].repeat(1, 64)
    pytorch = (batch_norm(sums, channel) >= 0).numpy()
    slope = channel.gamma / np.sqrt(channel.variance + channel.eps)
    printed = sums.numpy() >= np.ceil(channel.mean + beta / slope)
    ours = sums.numpy() >= channel.exact(bound=30)
    assert (ours != pytorch).sum() == 0
    assert (printed != pytorch).sum() > 0.05 * pytorch.size


def on_the_edge(seed, channels=4000):
    """Channels whose batch norm is 0 at an integer sum, but for float32's last bit."""
    rng = np.random.default_rng(seed)
    gamma, mean = rng.normal(size=(2, channels)).astype(np.float32)
    variance = rng.uniform(0.1, 100, channels).astype(np.float32)
    beta = -(rng.integers(-90, 90, channels) - 20.0 * mean) * gamma / np.sqrt(variance + 1e-5)
    return Decision(gamma=gamma, beta=beta.astype(np.float32), mean=20 * mean, eps=1e-5,
                    variance=variance, bias=np.zeros(channels, np.float32))


def torch_bits(channel):
    def bits(folded):
        sums = torch.from_numpy((folded * channel.signs).astype(np.float32))
        return (batch_norm(sums[None], channel) >= 0).numpy()[0]
    return bits


@pytest.mark.parametrize("seed", range(3))
def test_threshold_follows_float32_where_it_rounds_to_the_other_side(seed):
    channel, bound = on_the_edge(seed), 100
    exact = channel.exact(bound)
    settled = settle(exact, torch_bits(channel), bound)
    moved = settled != exact
    assert moved.sum() > 100
    assert channel.delicate(settled, bound)[moved].all()
    folded = np.arange(-bound, bound + 1)[:, None]
    sums = torch.from_numpy((folded * channel.signs).astype(np.float32))
    assert ((folded >= settled) == (batch_norm(sums, channel) >= 0).numpy()).all()


def test_ordinary_channels_are_not_delicate():
    rng = np.random.default_rng(5)
    channel = Decision(gamma=np.ones(50, np.float32), beta=np.zeros(50, np.float32), eps=1e-5,
                       mean=(rng.integers(-9, 9, 50) + 0.5).astype(np.float32),
                       variance=np.ones(50, np.float32), bias=np.zeros(50, np.float32))
    assert not channel.delicate(channel.exact(20), 20).any()


def test_settle_searches_however_far_the_step_is():
    for step in range(-8, 10):
        settled = settle(np.array([0]), lambda sums, step=step: sums >= step, 8)
        assert settled.tolist() == [min(max(step, -8), 9)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 3), (4, 4), (5, 7), (4, 8)])
def test_batch_norm_rounds_alike_in_every_layout_a_layer_makes(shape):
    """Vector lanes, scalar tails, channels last, a vector or a map: one bit per sum and channel."""
    channel = on_the_edge(seed=7)
    folded = settle(channel.exact(100), torch_bits(channel), 100)
    for sums in (folded - 1, folded, folded + 1):
        bits = torch.from_numpy(torch_bits(channel)(sums))
        plain = torch.from_numpy((sums * channel.signs).astype(np.float32))
        maps = plain[None, :, None, None].repeat(2, 1, *shape)
        last = maps.contiguous(memory_format=torch.channels_last)
        for given in (maps, last, plain[None].repeat(5, 1)):
            found = batch_norm(given, channel) >= 0
            assert (found == bits.view(1, -1, *[1] * (found.dim() - 2))).all()
