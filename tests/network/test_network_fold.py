"""Fold and reference: PyTorch to the bit, on networks of every kind."""

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.nodes.pool import Pool
from hw.network.nodes.threshold import Threshold
from hw.network.pattern import pattern
from hw.network.reference import Reference
from model.refusal import Refusal
from sim.pytorch import differing
from sim.random_networks import random_checkpoint, random_images


def compare(checkpoint, images):
    """Every bit, integer and class of the reference against the PyTorch module."""
    network = fold(checkpoint)
    assert differing(checkpoint, network, images) == []
    with torch.no_grad():
        scores = checkpoint.module()(torch.from_numpy(images))
    found = Reference(network).run(images)
    assert (scores.argmax(1).numpy() == found.classes).all()
    return network, scores.numpy(), found


@pytest.mark.parametrize("first", range(0, 400, 40))
def test_random_networks_equal_pytorch(first):
    for seed in range(first, first + 40):
        checkpoint = random_checkpoint(seed)
        compare(checkpoint, random_images(checkpoint, 40, seed))


@pytest.mark.parametrize("first", range(0, 160, 40))
def test_random_networks_with_two_thresholds_a_sum_equal_pytorch(first):
    for seed in range(first, first + 40):
        checkpoint = random_checkpoint(seed, pairs=True)
        compare(checkpoint, random_images(checkpoint, 40, seed))


def test_pairs_share_a_sum_unless_their_gammas_have_two_signs():
    shared = several = 0
    for seed in range(60):
        checkpoint = random_checkpoint(seed, pairs=True)
        network = fold(checkpoint)
        for block in pattern(checkpoint.arch).bits:
            (name,) = block.sources
            channels = network[f"{name}.threshold"].channels
            copies = channels // network[name].outputs
            if block.copies == 1:
                assert copies == 1
                continue
            gammas = checkpoint.state_dict[f"{block.batch_norm['name']}.weight"].view(-1, 2)
            turned = int((gammas.prod(1) < 0).sum())
            noted = f"{name!r}: {turned} of {len(gammas)} pairs have gammas of different"
            assert any(noted in note for note in network.notes) is (turned > 0)
            assert copies == (1 if turned else 2)
            assert channels == 2 * len(gammas)
            shared, several = shared + (not turned), several + (turned > 0)
    assert shared > 20 and several > 10


def test_random_networks_are_of_every_kind():
    """What the comparison above stands on: the seeds do meet every corner."""
    networks = [fold(random_checkpoint(seed)) for seed in range(60)]
    products = [product for network in networks for product in network.products]
    nodes = [node for network in networks for node in network.nodes]
    pools = [node for node in nodes if isinstance(node, Pool)]
    thresholds = [(network[node.sources[0]].bound, node.thresholds) for network in networks
                  for node in network.nodes if isinstance(node, Threshold)]
    assert {(p.geometry.pad, p.binary) for p in products} == {
        (pad, binary) for pad in ("none", "zero", "-1", "+1") for binary in (True, False)}
    assert {p.geometry.kernel[0] for p in products} >= {1, 2, 3, 4, 5}
    assert any(p.geometry.kernel[0] != p.geometry.kernel[1] for p in products)
    assert {p.geometry.stride[0] for p in products} == {1, 2, 3}
    assert {bool(any_of) for pool in pools for any_of in pool.any_of} == {True, False}
    assert any(p.geometry.stride < p.geometry.kernel for p in pools)
    assert any(p.geometry.stride > p.geometry.kernel for p in pools)
    assert any((values == -bound).any() for bound, values in thresholds)
    assert any((values > bound).any() for bound, values in thresholds)
    assert {network.input_shape[0] for network in networks} == {1, 2, 3, 4}
    assert any((network.scores.multipliers < 0).any() for network in networks)


def test_scores_without_batch_norm_or_bias_are_the_sums_themselves():
    plain = 0
    for seed in range(60):
        checkpoint = random_checkpoint(seed)
        kinds = {record["name"]: record for record in checkpoint.arch["layers"]}
        if "batch_norm_head" in kinds or any(
                record.get("bias") for name, record in kinds.items() if name.endswith("_head")):
            continue
        network, scores, found = compare(checkpoint, random_images(checkpoint, 10, seed))
        positions = network.products[-1].geometry.positions
        assert network.scores.scale * positions == 1
        assert (np.rint(scores * positions).astype(np.int64) == found.scores).all()
        plain += 1
    assert plain > 5


def test_zero_is_a_latent_like_others_but_none_of_binary_weights():
    checkpoint = random_checkpoint(3)
    (name,) = pattern(checkpoint.arch).bits[0].sources
    weight = checkpoint.state_dict[f"{name}.weight"]
    latent = torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
    latent.view(-1)[::5] = 0
    checkpoint.state_dict[f"{name}.weight"] = latent
    compare(checkpoint, random_images(checkpoint, 40))
    checkpoint.state_dict[f"{name}.weight"] = latent.sign()
    with pytest.raises(Refusal, match="binary weights are 0, neither"):
        fold(checkpoint)
