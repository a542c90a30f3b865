"""A tiny network of every training method: its hardware computes what PyTorch does, bit by bit."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Reference
from hw.plan.graph import layers
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.search import plan
from model.checkpoint import Checkpoint, load
from model.data import Images
from model.methods.catalogue import METHODS
from model.settings import Settings
from model.tables import identity, normalised
from model.topologies import topology
from model.training import train
from sim.cosimulate import cosimulate
from sim.pytorch import differing

SIDE = 10
TRIED = 100
"""Images that each method's hardware is compared on."""

SMALL = topology("small", 6, [1, SIDE, SIDE], [normalised(0.3, 0.3, 1)])
VGG = {
    "input": {"shape": [1, SIDE, SIDE], "table": [identity()]},
    "layers": [
        *SMALL["layers"][:-3],
        {"kind": "conv", "name": "head", "out": 10, "kernel": [3, 3], "padding": [1, 1],
         "pad": "zero", "bias": True},
        {"kind": "global_average_pool", "name": "average"},
    ],
}
"""A network with a padded head without a batch norm."""

METHODS_OF: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "bnn": ("bnn", SMALL, {}),
    "bnn-dl": ("bnn-dl", VGG, {}),
    "bd-bnn": ("bd-bnn", VGG, {"kurtosis": (1.4,)}),
    "bd-bnn_with_ir-net": ("bd-bnn", SMALL, {"weights": "ir-net", "gradient": "ede"}),
    "self-binarizing": ("self-binarizing", SMALL, {"nu": 1e5}),
    "binaryduo": ("binaryduo", SMALL, {"negative_gammas": 0.5}),
    "binaryduo_averaged": ("binaryduo", VGG, {}),
}


def bars(count: int, seed: int) -> Images:
    """Images of noise with a bright row, whose number is the class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    images = random.integers(0, 120, (count, 1, SIDE, SIDE))
    images[np.arange(count), 0, labels] += 100
    return Images(images=images.astype(np.uint8), labels=labels)


@cache
def checkpoint(name: str) -> Checkpoint:
    method, arch, changed = METHODS_OF[name]
    given: dict[str, Any] = {
        "method": method, "data": "mnist", "epochs": 4, "batch": 32, "negative_gammas": 0.3,
        "threads": 1, **METHODS[method].usual, **changed}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "net.pt"
        train(Settings(**given), arch, bars(300, 1), bars(TRIED, 2), out)
        return load(out)


@cache
def network(name: str) -> Network:
    return fold(checkpoint(name))


@pytest.mark.parametrize("name", METHODS_OF)
def test_checkpoint_folds_to_what_pytorch_computes(name: str) -> None:
    shown = bars(TRIED, 3).images
    assert differing(checkpoint(name), network(name), shown) == []
    with torch.no_grad():
        classes = checkpoint(name).module()(torch.from_numpy(shown)).argmax(1).numpy()
    traced = Reference(network(name)).trace(shown)
    for layer in layers(network(name))[:-1]:
        assert 0 < traced[layer.output].mean() < 1
    assert (Reference(network(name)).run(shown).classes == classes).all()


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=() if name in ("bnn-dl", "binaryduo") else pytest.mark.long)
    for name in METHODS_OF
])  # fmt: skip
def test_hardware_equals_pytorch_on_every_image(name: str) -> None:
    shown = bars(TRIED, 3).images
    with torch.no_grad():
        classes = checkpoint(name).module()(torch.from_numpy(shown)).argmax(1).numpy()
    planned = plan(network(name), board("ulx3s"), fill=0.05)
    found = cosimulate(Accelerator(planned), network(name), shown)
    assert found.mismatch is None and len(found.differing) == 0
    assert (found.classes == classes).all()
    assert len(set(classes.tolist())) > 1


def test_decoupled_pairs_share_their_sums() -> None:
    hidden = [layer for layer in layers(network("binaryduo")) if isinstance(layer, HiddenLayer)]
    assert [(layer.product.outputs, layer.copies, layer.channels) for layer in hidden] == [
        (6, 2, 12)] * 2
