"""Shared parts of the scripts of PyTorch programs: their command, hard batch norms, and scores.

A program of 2017 to 2020 asks for torchvision and a GPU. Neither changes a network's scores:
``old_imports`` gives it a torchvision that does nothing, and ``Tensor.cuda`` that returns itself.
"""
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import torch
from refusal import refuse
from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of p / 255: those of ImageNet, which all these programs take for
every coloured data set."""


def old_imports(*folders: Path) -> None:
    """Let the programs in ``folders`` be imported, without torchvision and without a GPU."""
    for folder in folders:
        if not folder.is_dir():
            refuse(f"no folder {folder}: give the program's sources")
        sys.path.insert(0, str(folder))
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # DataParallel would take one
    sys.modules |= {name: MagicMock() for name in ("torchvision", "torchvision.transforms")}
    setattr(Tensor, "cuda", lambda self, *_, **__: self)  # noqa: B010 (mypy sees no method of it)


def pictures(count: int, shape: tuple[int, ...]) -> Tensor:
    """Smooth random images and noise, in [0, 1]: float32 (count, *shape)."""
    coarse = torch.rand(count, shape[0], 4, 4)
    smooth = nn.functional.interpolate(coarse, shape[1:], mode="bilinear")
    return (0.8 * smooth + 0.2 * torch.rand_like(smooth)).clamp(0, 1)


@torch.no_grad()
def harden(net: nn.Module, images: Tensor) -> None:
    """Random batch norms around what they see of ``images``, with gammas of both signs.

    A mean is off by half a deviation, a variance by 0.3 to 2.3: the network still decides, and no
    channel has its threshold at 0.
    """
    def disturb(norm: Any, inputs: tuple[Tensor]) -> None:
        channels = norm.running_mean.numel()
        seen = inputs[0].transpose(0, 1).reshape(channels, -1)
        variance, mean = torch.var_mean(seen, dim=1)
        norm.running_mean.copy_(mean + 0.5 * variance.sqrt() * torch.randn(channels))
        norm.running_var.copy_(variance.clamp(min=1e-6) * (0.3 + 2 * torch.rand(channels)))
        if norm.weight is not None:
            signs = 1.0 - 2 * (torch.rand(channels) < (0.4 if channels > 1 else 0))
            norm.weight.copy_((0.2 + 1.3 * torch.rand(channels)) * signs)
            norm.bias.copy_(0.4 * torch.randn(channels))

    norms = [module for module in net.modules() if hasattr(module, "running_mean")]
    hooks = [norm.register_forward_pre_hook(disturb) for norm in norms]
    net.eval()(images)
    for hook in hooks:
        hook.remove()


def normalised(images: np.ndarray) -> Tensor:
    """As ToTensor and Normalize have it: float32 (N, 3, H, W)."""
    shape = (3, 1, 1)
    floats = torch.from_numpy(images).float().div(255)
    return (floats - torch.tensor(MEAN).view(shape)) / torch.tensor(STD).view(shape)


@torch.no_grad()
def run(net: nn.Module, images: np.ndarray, out: str) -> None:
    """The scores of every image into ``out``, 50 at a time."""
    outputs = [net.eval()(normalised(images[at:at + 50])) for at in range(0, len(images), 50)]
    scores = torch.cat([each[0] if isinstance(each, tuple) else each for each in outputs]).numpy()
    np.savez(out, outputs=scores, classes=scores.argmax(1).astype(np.int64))


def main(
    names: Sequence[str], make: Callable[[Path, str], dict[str, Any]],
    load: Callable[[Path, dict[str, Any]], nn.Module],
) -> None:
    """``make`` gives a checkpoint's content, ``load`` the network of such a content."""
    words = sys.argv[1:]
    warnings.filterwarnings("ignore", "Implicit dimension choice")
    if len(words) in (4, 5) and words[0] == "make" and words[2] in names:
        torch.manual_seed(int((*words, 0)[4]))
        torch.save(make(Path(words[1]), words[2]), words[3])
    elif len(words) == 5 and words[0] == "run" and Path(words[2]).is_file():
        content = torch.load(words[2], weights_only=True)
        run(load(Path(words[1]), content), np.load(words[3]), words[4])
    else:
        refuse("usage: run PROGRAM FILE IMAGES.npy OUT.npz, or make PROGRAM NAME OUT [SEED]; NAME: "
               + ", ".join(names))
