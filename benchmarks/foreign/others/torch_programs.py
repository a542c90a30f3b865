"""Shared parts of the scripts of PyTorch programs: their command, a little training, and scores.

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
SEED = 0
RATE, EPOCHS, BATCH = 5e-3, 2, 64
"""Learning rate, epochs and batch size of the little training; the rate is what these programs use
with Adam."""


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


def train(net: nn.Module, images: np.ndarray, labels: np.ndarray) -> None:
    """A little training by these programs' own step: Adam, latents between -1 and 1.

    Batch norms are measured again at the end, over all images, with the final weights.
    """
    inputs, wanted = normalised(images), torch.from_numpy(labels)
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    net.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(BATCH):
            loss = nn.functional.cross_entropy(_scores(net(inputs[batch])), wanted[batch])
            adam.zero_grad()
            loss.backward()
            latent = [each for each in net.parameters() if hasattr(each, "org")]
            for each in latent:
                each.data.copy_(each.org)
            adam.step()
            for each in latent:
                each.org.copy_(each.data.clamp_(-1, 1))
    for module in net.modules():
        if hasattr(module, "reset_running_stats"):
            module.momentum = None  # the mean over batches
            module.reset_running_stats()
    with torch.no_grad():
        for part in inputs.split(BATCH):
            net(part)


def _scores(outputs: Tensor | tuple[Tensor, ...]) -> Tensor:
    return outputs[0] if isinstance(outputs, tuple) else outputs


def normalised(images: np.ndarray, bits: int | None = None) -> Tensor:
    """As ToTensor and Normalize have it, rounded to so many bits behind the point if that is
    given: float32 (N, 3, H, W)."""
    shape = (3, 1, 1)
    floats = torch.from_numpy(images).double().div(255)
    real = (floats - torch.tensor(MEAN).double().view(shape)) / torch.tensor(STD).view(shape)
    return (real if bits is None else (real * 2**bits).round() / 2**bits).float()


@torch.no_grad()
def run(net: nn.Module, images: np.ndarray, out: str, bits: int | None) -> None:
    """The scores of every image into ``out``, 50 at a time."""
    outputs = [net.eval()(normalised(images[at:at + 50], bits))
               for at in range(0, len(images), 50)]
    scores = torch.cat([_scores(each) for each in outputs]).numpy()
    np.savez(out, outputs=scores, classes=scores.argmax(1).astype(np.int64))


def main(
    names: Sequence[str], make: Callable[[Path, str], nn.Module],
    content: Callable[[str, nn.Module], dict[str, Any]],
    load: Callable[[Path, dict[str, Any]], nn.Module],
) -> None:
    """``make`` gives a network, ``content`` its checkpoint's, ``load`` the network of a content."""
    words = sys.argv[1:]
    warnings.filterwarnings("ignore", "Implicit dimension choice")
    if len(words) in (4, 5) and words[0] == "make" and words[2] in names:
        torch.manual_seed(SEED)
        net = make(Path(words[1]), words[2])
        if len(words) == 5:
            with np.load(words[4]) as given:
                train(net, given["images"], given["labels"])
        torch.save(content(words[2], net), words[3])
    elif len(words) in (5, 6) and words[0] == "run" and Path(words[2]).is_file():
        kept = torch.load(words[2], weights_only=True)
        bits = int(words[5]) if len(words) == 6 else None
        run(load(Path(words[1]), kept), np.load(words[3]), words[4], bits)
    else:
        refuse("usage: run PROGRAM FILE IMAGES.npy OUT.npz [BITS], or make PROGRAM NAME OUT"
               " [IMAGES.npz]; NAME: " + ", ".join(names))
