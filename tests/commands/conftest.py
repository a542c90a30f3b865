"""What the tests of the commands share: good checkpoints, and every kind of bad input."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.hostile.network import arch as small
from model.checkpoint import Checkpoint, export, save
from model.networks import build

Arch = dict[str, Any]


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of input files, good.pt, other.pt and a bad one of every kind."""
    folder = tmp_path_factory.mktemp("bad")
    _save(folder / "good.pt", small())
    _save(folder / "other.pt", small(width=4))
    _save(folder / "unsupported.pt", unsupported())
    _save(folder / "huge.pt", small(width=400))
    _save(folder / "large.pt", small(width=120))
    (folder / "text.pt").write_text("this is no checkpoint\n")
    (folder / "empty.pt").write_bytes(b"")
    torch.save({"weights": torch.zeros(3)}, folder / "foreign.pt")
    evil = Evil(folder / "code-was-run")
    torch.save({"format": "purelogic", "version": 1, "arch": evil}, folder / "code.pt")
    (folder / "pickle.pt").write_bytes(pickle.dumps(evil))
    content = torch.load(folder / "good.pt", weights_only=True)
    content["arch"]["layers"][3]["out"] = 20
    torch.save(content, folder / "mismatch.pt")
    _arrays(folder)
    return folder


class Evil:
    """An object that leaves a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


def unsupported() -> Arch:
    """`small` with a relu, a residual add and real weights: trainable, but not for hardware."""
    arch = small()
    layers = arch["layers"]
    layers[2] = {"kind": "relu", "name": "relu1"}
    layers[3]["weights"] = "real"
    layers.insert(6, {"kind": "add", "name": "again", "from": "relu1"})
    return arch


def _save(path: Path, arch: Arch) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build(arch)
    checkpoint = Checkpoint(
        method="bnn", arch=network.arch.plain(), state_dict=export(network),
        classes=["a", "b", "c"], metrics={}, training={},
    )
    save(checkpoint, path)


def _arrays(folder: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 1, 6, 6), np.uint8)
    np.save(folder / "good.npy", images)
    np.save(folder / "shape.npy", images[:, :, :5])
    np.save(folder / "float.npy", images / 255)
    np.save(folder / "none.npy", images[:0])
    np.save(folder / "labels.npy", np.zeros(4, np.int64))
    np.save(folder / "few.npy", np.zeros(3, np.int64))
    (folder / "text.npy").write_text("no array\n")
