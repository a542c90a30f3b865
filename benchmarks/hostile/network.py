"""The small valid network that hostile checkpoints are made of."""

import copy
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from model.checkpoint import Checkpoint, export, save
from model.networks import build

Content = dict[str, Any]
SHAPE = (1, 6, 6)
CLASSES = ("a", "b", "c")


def arch(width: int = 8) -> dict[str, Any]:
    """Its arch: two convolutions of ``width`` outputs and a dense layer, for 6 x 6 images."""
    conv = {"kind": "conv", "out": width, "kernel": [3, 3], "padding": [1, 1], "pad": "zero"}
    return {
        "input": {"shape": list(SHAPE), "table": [[byte - 128 for byte in range(256)]]},
        "layers": [
            {**conv, "name": "conv1"},
            {"kind": "batch_norm", "name": "bn1"},
            {"kind": "sign", "name": "sign1"},
            {**conv, "name": "conv2"},
            {"kind": "batch_norm", "name": "bn2"},
            {"kind": "sign", "name": "sign2"},
            {"kind": "flatten", "name": "flat"},
            {"kind": "dense", "name": "dense", "out": len(CLASSES)},
        ],
    }


@cache
def saved() -> bytes:
    """Its checkpoint file as bytes."""
    with torch.random.fork_rng(devices=[]), TemporaryDirectory() as folder:
        torch.manual_seed(0)
        network = build(arch())
        path = Path(folder) / "good.pt"
        save(
            Checkpoint(
                method="bnn", arch=network.arch.plain(), state_dict=export(network),
                classes=list(CLASSES), metrics={}, training={},
            ),
            path,
        )  # fmt: skip
        return path.read_bytes()


def content(folder: Path) -> Content:
    """A copy of its checkpoint's content to be changed, without the digest."""
    found = torch.load(write(folder), weights_only=True)
    found.pop("digest", None)
    return copy.deepcopy(found)


def write(folder: Path, name: str = "good.pt") -> Path:
    """Write its checkpoint as a file."""
    path = folder / name
    path.write_bytes(saved())
    return path


def edited(change: Callable[[Content], Any]) -> Callable[[Path], Path]:
    """A function that writes net.pt with changed content, or with what ``change`` returns."""

    def make(folder: Path) -> Path:
        fields = content(folder)
        returned = change(fields)
        path = folder / "net.pt"
        torch.save(fields if returned is None else returned, path)
        return path

    return make


def images(count: int = 4) -> np.ndarray:
    """Random images for it, uint8 (count, 1, 6, 6)."""
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), np.uint8)


def build_words(checkpoint: Path, *more: str) -> list[str]:
    """Arguments of `hw.build` for a plan for the ULX3S, in the folder ``out`` by default."""
    out = () if "--out" in more else ("--out", "out")
    return ["--checkpoint", str(checkpoint), "--board", "ulx3s", "--stop-after", "plan",
            "--simulate", "0", *out, *more]  # fmt: skip


def example(name: str, folder: Path) -> Path:
    """Copy a shipped network."""
    source = Path(__file__).resolve().parents[2] / "examples" / name / "net.pt"
    return Path(shutil.copy(source, folder / "net.pt"))
