"""What the tests of this room share: a small arch, checkpoints of it, and a tiny data set."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.checkpoint import Checkpoint, export
from model.data import Images, load
from model.networks import build
from model.refusal import Refusal

Arch = dict[str, Any]


@pytest.fixture(autouse=True)
def few_threads() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def arch() -> Arch:
    """4 channels on 6x6 images, a pool before the batch norm, 3 classes."""
    return {
        "input": {"shape": [1, 6, 6], "table": [[(p - 100) // 40 for p in range(256)]]},
        "layers": [
            {"kind": "conv", "name": "conv1", "out": 4, "kernel": [3, 3], "padding": [1, 1],
             "pad": "zero", "bias": True},
            {"kind": "max_pool", "name": "pool1", "kernel": [2, 2]},
            {"kind": "batch_norm", "name": "bn1"},
            {"kind": "sign", "name": "sign1"},
            {"kind": "flatten", "name": "flatten"},
            {"kind": "dense", "name": "dense", "out": 3},
            {"kind": "batch_norm", "name": "bn_out"},
        ],
    }


@pytest.fixture
def checkpoint(arch: Arch) -> Checkpoint:
    torch.manual_seed(7)
    network = build(arch)
    return Checkpoint(method="bnn", arch=arch, state_dict=export(network),
                      classes=["a", "b", "c"], metrics={"accuracy": 0.5}, training={"seed": 7})


@pytest.fixture
def mnist_dir(tmp_path: Path) -> Path:
    """A folder with MNIST's four files, 200 training and 60 test images of noise around a bar."""
    folder = tmp_path / "sets" / "mnist"
    folder.mkdir(parents=True)
    random = np.random.default_rng(3)
    for stem, count in (("train", 200), ("t10k", 60)):
        labels = random.integers(0, 10, count, dtype=np.uint8)
        images = random.integers(0, 90, (count, 28, 28), dtype=np.uint8)
        images[np.arange(count), 4 + 2 * labels] = 250
        write_idx(folder / f"{stem}-images-idx3-ubyte", images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", labels)
    return folder.parent


def write_idx(path: Path, array: np.ndarray) -> None:
    sizes = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


@pytest.fixture
def idx_writer() -> Callable[[Path, np.ndarray], None]:
    return write_idx


@pytest.fixture(scope="session")
def references() -> Path:
    """The folder of parameters and outputs that others published."""
    named = os.environ.get("PURELOGIC_REFERENCES")
    if not named:
        pytest.skip("PURELOGIC_REFERENCES names no folder of published references")
    return Path(named)


@pytest.fixture(scope="session")
def golden(references: Path) -> dict[str, np.ndarray]:
    """Inputs and outputs of the functions published with the papers."""
    with np.load(references / "golden" / "losses_and_binarisers.npz") as archive:
        return dict(archive)


@pytest.fixture(scope="session")
def published_images() -> Callable[[str], Images]:
    """From the name of a data set to its test images."""
    directory = os.environ.get("PURELOGIC_DATA")

    def images(name: str) -> Images:
        if not directory:
            pytest.skip("PURELOGIC_DATA names no folder of data sets")
        try:
            return load(name, directory, "test")
        except Refusal as refusal:
            pytest.skip(f"PURELOGIC_DATA: {refusal}")

    return images
