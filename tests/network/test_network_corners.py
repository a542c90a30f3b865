"""Corners of fold: one sum, one batch norm, every gamma, and what is refused."""

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.pattern import pattern
from hw.network.reference import Reference
from model.checkpoint import Checkpoint
from model.refusal import Refusal
from sim.pytorch import differing

BYTES = [[value - 128 for value in range(256)]]


def small(*, weights=(1,), order=("batch_norm", "sign"), bias=None, gamma=1.0, beta=0.0, mean=0.0,
          variance=1.0, threshold=0.0, eps=1e-5):
    """A 1 x 2 image, a 1 x 1 conv with a channel per weight, and a dense head on the bits."""
    outputs = len(weights)
    layers = [{"kind": "conv", "name": "conv", "out": outputs, "kernel": [1, 1],
               "bias": bias is not None}]
    layers += [{"kind": kind, "name": kind} | (
        {"kernel": [1, 2], "stride": [1, 1]} if kind == "max_pool" else
        {"eps": eps} if kind == "batch_norm" else {}) for kind in order]
    layers += [{"kind": "flatten", "name": "flatten"}, {"kind": "dense", "name": "fc", "out": 2}]
    width = 2 if "max_pool" not in order else 1
    state = {"conv.weight": torch.tensor(weights, dtype=torch.int8).reshape(outputs, 1, 1, 1),
             "fc.weight": torch.ones(2, outputs * width, dtype=torch.int8)}
    if bias is not None:
        state["conv.bias"] = torch.tensor([float(bias)] * outputs)
    if "threshold" in order:
        state["threshold.threshold"] = torch.tensor([float(threshold)] * outputs)
    if "batch_norm" in order:
        state |= {f"batch_norm.{name}": torch.tensor([float(value)] * outputs) for name, value in
                  (("weight", gamma), ("bias", beta), ("running_mean", mean),
                   ("running_var", variance))}
        state["batch_norm.num_batches_tracked"] = torch.tensor(0)
    arch = {"input": {"shape": [1, 1, 2], "table": BYTES}, "layers": layers}
    return Checkpoint(method="test", arch=arch, state_dict=state, classes=["a", "b"], metrics={},
                      training={})


EVERY_PAIR = np.stack(np.meshgrid(np.arange(118, 140), np.arange(118, 140)), -1).astype(
    np.uint8).reshape(-1, 1, 1, 2)


def bits_equal(checkpoint, images=EVERY_PAIR):
    network = fold(checkpoint)
    assert len(pattern(checkpoint.module().arch.plain()).bits) == 1
    assert differing(checkpoint, network, images) == []
    return network


@pytest.mark.parametrize("gamma", [1.0, -1.0, 0.0, -0.0, 1e-30, -1e-30, 3e4, -3e4])
@pytest.mark.parametrize("beta", [0.0, 0.7, -0.7])
@pytest.mark.parametrize("bias", [None, -2.5])
@pytest.mark.parametrize("order", [
    ("batch_norm", "sign"), ("max_pool", "batch_norm", "sign"), ("batch_norm", "max_pool", "sign"),
    ("batch_norm", "sign", "max_pool")])
def test_every_sum_gives_pytorchs_bit(order, gamma, beta, bias):
    bits_equal(small(order=order, gamma=gamma, beta=beta, bias=bias, mean=1.0, variance=2.0))


@pytest.mark.parametrize("eps", [1e-30, 1.0, 2.5, 4e4, 1e38])
@pytest.mark.parametrize("gamma", [1.0, -0.5])
@pytest.mark.parametrize("variance", [0.0, 2.0])
def test_any_eps_is_taken(eps, gamma, variance):
    """Beta moves the step by as many sums as the eps is large."""
    network = bits_equal(small(eps=eps, gamma=gamma, variance=variance, beta=0.3, mean=-2.0))
    exact = -2.0 * np.sign(gamma) - 0.3 * np.sqrt(variance + eps) / abs(gamma)
    expected = min(max(int(np.ceil(exact)), -128), 129)
    assert network["conv.threshold"].thresholds.tolist() == [expected]


@pytest.mark.parametrize("bias", [0.0, 3.0, 2.5, -2.5, 0.1])
@pytest.mark.parametrize("order", [("sign",), ("max_pool", "sign"), ("sign", "max_pool")])
def test_bias_without_batch_norm(order, bias):
    bits_equal(small(order=order, bias=bias))


@pytest.mark.parametrize("threshold", [0.0, 4.0, -4.0, 2.5, -2.5, 1e9, -1e9])
@pytest.mark.parametrize("bias", [None, 2.5, 0.1])
@pytest.mark.parametrize("order", [
    ("threshold",), ("max_pool", "threshold"), ("threshold", "max_pool")])
def test_published_threshold_gives_pytorchs_bit(order, bias, threshold):
    network = bits_equal(small(order=order, bias=bias, threshold=threshold))
    assert not any("rounding" in note for note in network.notes)


@pytest.mark.parametrize(("given", "folded"), [
    (4.0, 4), (-4.0, -4), (3.5, 4), (-3.5, -3), (128.0, 128), (129.0, 129), (1e9, 129),
    (-128.0, -128), (-1e9, -128)])
def test_published_threshold_is_kept_and_clamped_to_what_sums_reach(given, folded):
    network = fold(small(order=("threshold",), threshold=given))
    assert network["conv.threshold"].thresholds.tolist() == [folded]


def test_sum_equal_to_the_threshold_is_one():
    network = bits_equal(small(mean=4.0))
    assert network["conv.threshold"].thresholds.tolist() == [4]
    assert Reference(network).trace(EVERY_PAIR[:1] * 0 + 132)["conv.threshold"].all()


def test_negative_gamma_negates_weights_and_threshold():
    product, threshold, *_ = fold(small(gamma=-1.0, mean=4.0)).nodes
    assert (product.weights.tolist(), threshold.thresholds.tolist()) == ([[[[-1]]]], [-4])


@pytest.mark.parametrize(("order", "any_of"), [
    (("max_pool", "batch_norm", "sign"), [False]),
    (("batch_norm", "max_pool", "sign"), [True]),
    (("batch_norm", "sign", "max_pool"), [True]),
])
def test_negative_gamma_makes_only_a_pool_of_sums_an_and(order, any_of):
    network = bits_equal(small(order=order, gamma=-1.0))
    assert network["conv.pool"].any_of.tolist() == any_of


def test_zero_gamma_keeps_weights_and_is_counted_in_the_notes():
    network = fold(small(gamma=0.0, beta=-1.0, weights=(1, -1)))
    product, threshold, *_ = network.nodes
    assert product.weights.ravel().tolist() == [1, -1]
    assert (threshold.thresholds == product.bound + 1).all()
    assert network.notes == ("layer 'conv': 2 of 2 channels are constant",)


def test_threshold_moved_to_float32_is_said():
    """beta rounds so that the batch norm is a hair off 0 at a sum of 3; PyTorch's bit counts."""
    rng = np.random.default_rng(1)
    told = 0
    for _ in range(200):
        gamma, variance, mean = rng.normal(), rng.uniform(0.1, 9), np.float32(rng.normal())
        beta = -(3 - float(mean)) * gamma / np.sqrt(np.float32(variance) + 1e-5)
        checkpoint = small(gamma=gamma, beta=beta, mean=mean, variance=variance)
        notes = bits_equal(checkpoint).notes
        told += any("moved to where PyTorch's float32 steps" in note for note in notes)
    assert told > 0


def test_latent_weights_become_their_signs():
    """A checkpoint taken in training; sign(0) = +1."""
    checkpoint = small(weights=(1, 1, 1))
    checkpoint.state_dict["conv.weight"] = torch.tensor([0.3, 0.0, -0.2]).reshape(3, 1, 1, 1)
    assert bits_equal(checkpoint)["conv"].weights.ravel().tolist() == [1, 1, -1]


@pytest.mark.parametrize("dtype", [torch.int8, torch.float32])
def test_weights_of_a_sign_that_knows_zero_are_refused_by_count(dtype):
    checkpoint = small(weights=(1, 0, -1, 0))
    checkpoint.state_dict["conv.weight"] = checkpoint.state_dict["conv.weight"].to(dtype)
    with pytest.raises(Refusal, match=r"layer 'conv': 2 of 4 binary weights are 0, neither"):
        fold(checkpoint)


@pytest.mark.parametrize(("tensor", "value", "told"), [
    ("batch_norm.running_var", -1.0, r"layer 'batch_norm': running_var\[0\] is -1.0, a negative"),
    ("batch_norm.running_mean", float("nan"),
     r"layer 'batch_norm': 1 of 1 values of its running_mean are not finite"),
    ("batch_norm.weight", float("inf"), r"layer 'batch_norm': 1 of 1 values of its weight are not"),
    ("batch_norm.weight", 3e38, r"layer 'batch_norm': channel 0 overflows float32"),
    ("conv.bias", float("nan"), r"layer 'conv': 1 of 1 values of its bias are not finite"),
])
def test_unusable_parameters_are_refused_by_name(tensor, value, told):
    checkpoint = small(bias=0.0, variance=1e-6)
    checkpoint.state_dict[tensor] = torch.tensor([value])
    with pytest.raises(Refusal, match=told):
        fold(checkpoint)


def test_classes_must_match_the_scores():
    checkpoint = small()
    checkpoint.classes.append("c")
    with pytest.raises(Refusal, match=r"layer 'fc': 2 scores for 3 classes"):
        fold(checkpoint)


def test_every_unsupported_layer_is_in_one_refusal():
    checkpoint = small(order=("relu",))
    checkpoint.arch["layers"][0]["weights"] = "real"
    with pytest.raises(Refusal) as refusal:
        fold(checkpoint)
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == [
        "2 things hardware cannot do", "layer 'conv'", "layer 'relu'"]
