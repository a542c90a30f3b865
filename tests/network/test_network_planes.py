"""Planes: weights of several bits from planes of +-1, exactly, and no plane too many."""

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.folding.planes import planes
from hw.network.nodes.node import BITS
from hw.network.reference import Reference
from model.checkpoint import Checkpoint
from model.networks import build
from sim.pytorch import differing


def total(found):
    whole = np.tensordot(found.coefficients, found.weights.astype(int), 1)
    assert (whole % (1 << found.shift) == 0).all()
    return whole >> found.shift


@pytest.mark.parametrize("bits", range(2, 9))
def test_planes_add_up_to_every_weight(bits):
    every = np.arange(-(1 << bits - 1), 1 << bits - 1)
    for weights, coefficients in (
        (every, [1, *(1 << np.arange(bits))]), (every[every % 2 == 1], 1 << np.arange(bits - 1)),
    ):
        found = planes(weights)
        assert set(np.unique(found.weights)) == {-1, 1}
        assert found.coefficients.tolist() == list(coefficients)
        assert (total(found) == weights).all()


@pytest.mark.parametrize(("weights", "coefficients", "shift"), [
    ([1, -1], [1], 0), ([3, -1], [1, 2], 0), ([0, 1, -1], [1, 1], 1), ([0], [1, 1], 1),
    ([2, 0, -2], [1, 1, 2], 1), ([-128], [1, 1, 2, 4, 8, 16, 32, 64, 128], 1)])
def test_no_plane_is_there_that_no_weight_needs(weights, coefficients, shift):
    found = planes(np.array(weights))
    assert (found.coefficients.tolist(), found.shift) == (coefficients, shift)
    assert total(found).tolist() == weights


def checkpoint(weights, bits, *, tail, state=None, bias=None):
    """A 1 x 1 conv of the image, bits of it, a 3 x 3 conv of integers with padding, and a tail."""
    layers = [
        {"kind": "conv", "name": "c1", "out": 3, "kernel": [1, 1]}, {"kind": "sign", "name": "s1"},
        {"kind": "conv", "name": "c2", "out": len(weights), "kernel": [3, 3], "padding": [1, 1],
         "pad": "zero", "weights": "integer", "weight_bits": bits, "bias": bias is not None},
        *tail]
    torch.manual_seed(2)
    table = [[byte - 128 for byte in range(256)]] * 3
    network = build({"input": {"shape": [3, 4, 4], "table": table}, "layers": layers})
    tensors = network.state_dict()
    for name, tensor in tensors.items():
        if name.endswith("weight") and tensor.dim() > 1 and tensor.dtype != torch.int8:
            tensors[name] = torch.where(tensor >= 0, 1, -1).to(torch.int8)
    tensors["c2.weight"] = torch.from_numpy(weights.astype(np.int8))
    if bias is not None:
        tensors["c2.bias"] = torch.tensor(bias)
    return Checkpoint(
        method="test", arch=network.arch.plain(), state_dict={**tensors, **(state or {})},
        classes=[str(number) for number in range(network.arch.classes)], metrics={}, training={})


SIGN = [{"kind": "batch_norm", "name": "b2"}, {"kind": "sign", "name": "s2"},
        {"kind": "flatten", "name": "flat"}, {"kind": "dense", "name": "fc", "out": 2}]
HEAD = [{"kind": "batch_norm", "name": "b2"}, {"kind": "global_average_pool", "name": "average"}]


def images():
    return np.random.default_rng(3).integers(0, 256, (60, 3, 4, 4), dtype=np.uint8)


@pytest.mark.parametrize("bias", [None, [0.5, -3.0, 7.25]])
@pytest.mark.parametrize("tail", [SIGN, HEAD])
@pytest.mark.parametrize(("bits", "odd"), [(2, False), (3, True), (8, False), (8, True)])
def test_a_conv_of_integer_weights_is_pytorchs(bits, odd, tail, bias):
    rng = np.random.default_rng(bits)
    weights = rng.integers(-(1 << bits - 1), 1 << bits - 1, (3, 3, 3, 3)) | odd
    spread = float(np.sqrt(27) * (1 << bits - 1) / 2)
    norm = {"b2.weight": torch.tensor([1.0, -1.0, 0.7]), "b2.bias": torch.tensor([0.1, 0.2, -0.3]),
            "b2.running_mean": spread * torch.tensor([0.2, -0.3, 0.1]),
            "b2.running_var": torch.full((3,), spread**2)}
    made = checkpoint(weights, bits, tail=tail, state=norm, bias=bias)
    network = fold(made)
    joined = network["c2.planes"].joined
    assert network["c2"].outputs == 3 * joined and network["c2"].inputs == BITS
    assert joined <= bits + 1 - 2 * odd
    # No sum saturates: the bound is that of the largest output.
    assert network["c2.planes"].limits[1] >= np.abs(weights).sum(axis=(1, 2, 3)).max()
    assert differing(made, network, images()) == []
    last = "c2.threshold" if tail is SIGN else "c2.scores"
    assert network[last].sources == ("c2.planes",)
    with torch.no_grad():
        scores = made.module()(torch.from_numpy(images())).numpy()
    assert (Reference(network).run(images()).classes == scores.argmax(1)).all()
