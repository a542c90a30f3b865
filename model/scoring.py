"""Scores of a network over many images, batch by batch."""

import numpy as np
import torch
from torch import Tensor

from model.networks import BinaryNetwork


def device_of(name: str) -> torch.device:
    """The torch device called ``name``; "auto" is CUDA where there is one, otherwise the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


@torch.inference_mode()
def scores(network: BinaryNetwork, images: np.ndarray | Tensor, batch: int = 500) -> Tensor:
    """float32 (N, classes) on the CPU, in evaluation mode, for uint8 images (N, C, H, W)."""
    where = next(network.buffers()).device
    before = network.training
    network.eval()
    try:
        parts = [network(part.to(where)).cpu() for part in torch.as_tensor(images).split(batch)]
    finally:
        network.train(before)
    return torch.cat(parts) if parts else torch.empty(0, network.arch.classes)


def correct(scores: Tensor, labels: np.ndarray | Tensor) -> int:
    """How many images score highest in their own class; a tie goes to the lowest class."""
    return int((scores.argmax(1) == torch.as_tensor(labels)).sum())
