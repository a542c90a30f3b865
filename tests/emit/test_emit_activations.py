"""Activation statistics: channels counted one by one, also in more images than are kept at once."""

import numpy as np
import pytest

from hw.emit import activations
from hw.emit.activations import gather
from hw.network.fold import fold
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from sim.random_networks import random_checkpoint


@pytest.mark.parametrize("seed", [3, 5])
def test_every_channel_of_every_sign_is_counted(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activations, "MOST", 7)
    monkeypatch.setattr(activations, "CHUNK", 3)
    network = fold(random_checkpoint(seed))
    images = np.random.default_rng(seed).integers(0, 256, (9, *network.input_shape), np.uint8)
    traced = Reference(network).trace(images[:7])
    signs = [node for node in network.nodes if isinstance(node, Threshold)]
    found = gather(network, images)
    assert len(found) == len(signs) > 0
    for each, node in zip(found, signs, strict=True):
        bits = traced[node.name]
        assert (each.layer, each.images, each.values) == (node.sources[0], 7, bits[:, 0].size)
        assert [*each.ones] == [int((bits[:, c] == 1).sum()) for c in range(bits.shape[1])]
        assert each.share == bits.mean(dtype=float)
        assert each.never == sum(not bits[:, c].any() for c in range(bits.shape[1]))
        assert each.always == sum(bits[:, c].all() for c in range(bits.shape[1]))
