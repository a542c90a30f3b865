"""Scores of a network over many images, batch by batch."""

import math

import numpy as np
import torch
from torch import Tensor

from model.networks import BinaryNetwork
from model.refusal import Refusal


def device_of(name: str) -> torch.device:
    """The torch device called ``name``; "auto" is CUDA where there is one, otherwise the CPU.

    Raises
    ------
    Refusal
        For CUDA where there is none.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise Refusal("--device cuda: torch finds no CUDA device here; use cpu or auto")
    if name == "cpu" or not there:
        return torch.device("cpu")
    # TF32 keeps 11 bits of an input: too few for every entry of an input table.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda")


BATCH = {"cpu": 100}
"""Images at once: on a CPU as many as its caches hold the maps of, elsewhere `MANY`."""

MANY = 1000

HELD = {"cpu": 2**24}
"""Values of one map over all images at once, elsewhere `MUCH`: large images go in fewer."""

MUCH = 2**28


@torch.inference_mode()
def scores(network: BinaryNetwork, images: np.ndarray | Tensor) -> Tensor:
    """float32 (N, classes) on the CPU, in evaluation mode, for uint8 images (N, C, H, W), N > 0."""
    where = next(network.buffers()).device
    batch = _batch(network, where.type)
    before = network.training
    network.eval()
    try:
        parts = [network(part.to(where)).cpu() for part in torch.as_tensor(images).split(batch)]
    finally:
        network.train(before)
    return torch.cat(parts)


def _batch(network: BinaryNetwork, device: str) -> int:
    """Images at once."""
    arch = network.arch
    largest = max(map(math.prod, [arch.input.shape, *arch.shapes.values()]))
    return max(1, min(BATCH.get(device, MANY), HELD.get(device, MUCH) // largest))


def correct(scores: Tensor, labels: np.ndarray | Tensor) -> int:
    """How many images score highest in their own class; a tie goes to the lowest class."""
    return int((scores.argmax(1) == torch.as_tensor(labels)).sum())
